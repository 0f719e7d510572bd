import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type {
  AgentResource,
  MachineResource,
  ReplicaResource,
} from '../../../../contracts/resources.ts';
import { revisionsQuery } from '../../../api/deployments.ts';
import { Badge } from '../../../ui/badge.tsx';
import { Card } from '../../../ui/card.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { ScrollRegion } from '../../../ui/scroll-region.tsx';
import { Empty } from '../../../ui/states.tsx';
import { Time } from '../../../ui/time.tsx';
import { StateBadge } from '../agent-state.tsx';
import { activeResources } from '../revision-config.ts';
import { orderReplicas } from './order-replicas.ts';
import { Uptime } from './uptime.tsx';
import { CpuMeter, MemoryMeter } from './usage-meters.tsx';
import { useMachines } from './use-machines.ts';

/** Every slot with the machine that fills it, and what that uses. */
export function Replicas({ agent }: { readonly agent: AgentResource }) {
  const machines = useMachines(agent.name);
  const revisions = useQuery(revisionsQuery(agent.name));
  const limits = activeResources(revisions.data?.items);
  const { desired, healthy, items } = agent.replicas;
  const usage = new Map(machines.items?.map((machine) => [machine.id, machine.usage]));
  const inSlots = new Set(items.map(({ machine }) => machine?.id));
  const others = (machines.items ?? []).filter(
    ({ id, endedAt }) => endedAt === null && !inSlots.has(id),
  );
  return (
    <Card
      title="Replicas"
      flush
      actions={
        <span className="text-muted tabular-nums">
          {healthy} of {desired} healthy
        </span>
      }
    >
      {items.length === 0 ? (
        <Empty title="No replicas are wanted" command={`swarm scale ${agent.name} --replicas 1`}>
          The agent is stopped: calls to it are refused.
        </Empty>
      ) : (
        <ScrollRegion label="Every replica" className="max-h-[36rem]">
          <ul className="divide-y divide-line">
            {orderReplicas(items).map((replica) => (
              <ReplicaRow
                key={replica.number}
                agent={agent.name}
                replica={replica}
                machine={replica.machine}
                usage={(replica.machine && usage.get(replica.machine.id)) ?? null}
                cpu={replica.machine === null ? undefined : machines.cpuOf(replica.machine.id)}
                limits={limits}
              />
            ))}
          </ul>
        </ScrollRegion>
      )}
      {others.length > 0 && <OtherMachines machines={others} />}
    </Card>
  );
}

interface RowProps {
  readonly agent: string;
  readonly replica: ReplicaResource;
  readonly machine: MachineResource | null;
  readonly usage: MachineResource['usage'];
  readonly cpu: number | undefined;
  readonly limits: { readonly cpus: number; readonly memoryMib: number } | undefined;
}

function ReplicaRow({ agent, replica, machine, usage, cpu, limits }: RowProps) {
  const reason = machine?.reason ?? replica.reason;
  return (
    <li className="grid grid-cols-2 gap-x-4 gap-y-2 px-4 py-3 lg:grid-cols-[6rem_minmax(0,1.2fr)_minmax(0,1fr)_minmax(0,1fr)_8rem]">
      <div>
        <p className="font-medium">Replica {replica.number}</p>
        <StateBadge
          state={replica.state === 'running' && machine ? machine.state : replica.state}
        />
      </div>
      <div className="min-w-0">
        {machine === null ? (
          <p className="text-muted">no machine</p>
        ) : (
          <p className="truncate">
            <Link
              to="/calls"
              search={{ agent, machine: machine.id }}
              className="font-mono text-accent text-xs hover:underline"
            >
              <HostileText text={machine.id} />
            </Link>{' '}
            <Badge>rev {machine.revision}</Badge>
          </p>
        )}
        {reason !== null && (
          <p className="text-warn text-xs">
            <HostileText text={reason} />
          </p>
        )}
        {replica.nextStartAt !== null && (
          <p className="text-muted text-xs">
            next start <Time at={replica.nextStartAt} relative />
          </p>
        )}
      </div>
      <CpuMeter share={cpu} cpus={limits?.cpus} runs={machine !== null} />
      <MemoryMeter usedBytes={usage?.memoryBytes} limitMib={limits?.memoryMib} />
      <div className="text-muted text-xs lg:text-right">
        <p>{machine?.startedAt ? <Uptime since={machine.startedAt} /> : 'not up'}</p>
        <p className={replica.restarts > 0 ? 'text-warn' : undefined}>
          {replica.restarts} {replica.restarts === 1 ? 'restart' : 'restarts'}
          {replica.failures > 1 && `, ${replica.failures} failures in a row`}
        </p>
      </div>
    </li>
  );
}

/** Those of an older or newer revision, while one takes the place of the other. */
function OtherMachines({ machines }: { readonly machines: readonly MachineResource[] }) {
  return (
    <div className="border-line border-t px-4 py-3">
      <h3 className="mb-1 text-muted text-xs">
        Also there, for a deployment or until they have drained
      </h3>
      <ul className="grid gap-1">
        {machines.map((machine) => (
          <li key={machine.id} className="flex min-w-0 items-center gap-2">
            <StateBadge state={machine.state} />
            <span className="min-w-0 truncate font-mono text-xs">
              <HostileText text={machine.id} />
            </span>
            <Badge>rev {machine.revision}</Badge>
          </li>
        ))}
      </ul>
    </div>
  );
}
