import type {
  AgentResource,
  MachineResource,
  ReplicaResource,
} from '../../../contracts/resources.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';

type State = AgentResource['state'] | MachineResource['state'] | ReplicaResource['state'];

const TONES: Readonly<Record<State, Tone>> = {
  running: 'good',
  healthy: 'good',
  completed: 'neutral',
  stopped: 'neutral',
  stopping: 'neutral',
  draining: 'info',
  deploying: 'info',
  starting: 'info',
  deleting: 'warn',
  waiting: 'warn',
  degraded: 'warn',
  unhealthy: 'bad',
  failed: 'bad',
  given_up: 'bad',
};

export function StateBadge({ state }: { readonly state: State }) {
  return (
    <Badge tone={TONES[state] ?? 'neutral'}>
      <span className="size-1.5 rounded-full bg-current" aria-hidden />
      {state.replace('_', ' ')}
    </Badge>
  );
}
