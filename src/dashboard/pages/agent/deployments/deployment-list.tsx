import type { DeploymentResource } from '../../../../contracts/resources.ts';
import { classes } from '../../../ui/classes.ts';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { Time } from '../../../ui/time.tsx';
import { DeploymentState, moveText } from './deployment-state.tsx';

interface DeploymentListProps {
  readonly deployments: readonly DeploymentResource[];
  readonly selected: string;
  readonly onSelect: (id: string) => void;
}

/** Newest first. */
export function DeploymentList({ deployments, selected, onSelect }: DeploymentListProps) {
  return (
    <ul className="divide-y divide-line">
      {deployments.map((deployment) => (
        <li key={deployment.id}>
          <button
            type="button"
            aria-current={deployment.id === selected ? 'true' : undefined}
            onClick={() => onSelect(deployment.id)}
            className={classes(
              'grid w-full grid-cols-[minmax(0,1fr)_auto] gap-x-3 px-4 py-2.5 text-left hover:bg-raised focus-visible:-outline-offset-2',
              deployment.id === selected && 'bg-accent-soft hover:bg-accent-soft',
            )}
          >
            <span className="truncate font-medium">{moveText(deployment)}</span>
            <span className="justify-self-end">
              <DeploymentState state={deployment.state} />
            </span>
            <span className="truncate text-muted text-xs">
              by <HostileText text={deployment.createdBy} />
              {deployment.error !== null && (
                <>
                  {': '}
                  <HostileText text={deployment.error.detail} />
                </>
              )}
            </span>
            <Time at={deployment.createdAt} relative className="text-right text-muted text-xs" />
          </button>
        </li>
      ))}
    </ul>
  );
}
