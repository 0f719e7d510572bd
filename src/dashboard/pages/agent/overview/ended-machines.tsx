import type { MachineResource } from '../../../../contracts/resources.ts';
import { Card } from '../../../ui/card.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { ScrollRegion } from '../../../ui/scroll-region.tsx';
import { Failure } from '../../../ui/states.tsx';
import { Time } from '../../../ui/time.tsx';
import { StateBadge } from '../agent-state.tsx';
import { exitText } from './exit-text.ts';
import { useMachines } from './use-machines.ts';

const MOST = 20;

/** Why machines ended, in the last day. */
export function EndedMachines({ agent }: { readonly agent: string }) {
  const { items, error } = useMachines(agent);
  const ended = (items ?? []).filter(({ endedAt }) => endedAt !== null).slice(0, MOST);
  return (
    <Card title="Ended in the last day" flush>
      {error !== null && items === undefined && (
        <div className="p-4">
          <Failure error={error} />
        </div>
      )}
      {ended.length === 0 ? (
        <p className="px-4 py-6 text-center text-muted">
          {items === undefined ? 'Asking…' : 'No machine of this agent has ended.'}
        </p>
      ) : (
        <ScrollRegion label="Machines that ended" className="max-h-80">
          <ul className="divide-y divide-line">
            {ended.map((machine) => (
              <EndedRow key={machine.id} machine={machine} />
            ))}
          </ul>
        </ScrollRegion>
      )}
    </Card>
  );
}

function EndedRow({ machine }: { readonly machine: MachineResource }) {
  return (
    <li className="grid gap-0.5 px-4 py-2">
      <p className="flex min-w-0 items-center gap-2">
        <StateBadge state={machine.state} />
        <span className="text-muted text-xs">
          replica {machine.replica}, rev {machine.revision}
        </span>
        {machine.endedAt !== null && (
          <Time at={machine.endedAt} relative className="ml-auto text-muted text-xs" />
        )}
      </p>
      <p className="min-w-0 text-xs">
        <HostileText text={exitText(machine)} />
      </p>
    </li>
  );
}
