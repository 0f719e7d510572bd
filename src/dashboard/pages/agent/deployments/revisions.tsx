import { useState } from 'react';
import type { AgentResource, RevisionResource } from '../../../../contracts/resources.ts';
import { rollBack } from '../../../api/deployments.ts';
import { Badge } from '../../../ui/badge.tsx';
import { Card } from '../../../ui/card.tsx';
import { Confirm } from '../../../ui/confirm.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { Loading } from '../../../ui/states.tsx';
import { Time } from '../../../ui/time.tsx';
import { toast } from '../../../ui/toast.tsx';
import { ActButton } from '../act-button.tsx';
import { activeRevision } from '../revision-config.ts';
import { RevisionChanges } from './deployment-details.tsx';

interface RevisionsProps {
  readonly agent: AgentResource;
  readonly revisions: readonly RevisionResource[] | undefined;
}

/** What the agent was, newest first; any of them can be made active again. */
export function Revisions({ agent, revisions }: RevisionsProps) {
  const [target, setTarget] = useState<RevisionResource>();
  const active = activeRevision(revisions);
  const busy = agent.deployment === null ? undefined : 'A deployment is under way.';
  return (
    <Card title="Revisions" flush>
      {revisions === undefined ? (
        <Loading rows={4} />
      ) : (
        <ul className="divide-y divide-line">
          {revisions.map((revision) => (
            <li
              key={revision.id}
              className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 px-4 py-2.5"
            >
              <div className="min-w-0">
                <p className="flex items-center gap-2 font-medium">
                  Revision {revision.number}
                  {revision.active && <Badge tone="good">active</Badge>}
                </p>
                <p className="truncate text-muted text-xs">
                  <Time at={revision.createdAt} relative />
                  {' · '}
                  <span className="font-mono" title={revision.image.digest}>
                    {revision.image.digest.slice(0, 19)}
                  </span>
                  {' · '}
                  <HostileText text={revision.image.origin} />
                </p>
              </div>
              {!revision.active && (
                <ActButton
                  needs="deploy"
                  size="small"
                  blocked={busy}
                  onClick={() => setTarget(revision)}
                >
                  Roll back<span className="sr-only"> to revision {revision.number}</span>
                </ActButton>
              )}
            </li>
          ))}
        </ul>
      )}
      {target !== undefined && (
        <Confirm
          open
          onOpenChange={(open) => {
            if (!open) setTarget(undefined);
          }}
          title={`Roll back to revision ${target.number}?`}
          action="Roll back"
          onConfirm={async () => {
            await rollBack(agent.name, target.number);
            toast(`Rollback to revision ${target.number} begun`);
          }}
        >
          <p className="mb-3">
            Machines of revision {target.number} take the place of those of revision{' '}
            {active?.number ?? '–'} once they are healthy; the old ones finish the calls they have.
            This changes:
          </p>
          <div className="max-h-72 overflow-y-auto">
            {active !== undefined && <RevisionChanges before={active} after={target} />}
          </div>
        </Confirm>
      )}
    </Card>
  );
}
