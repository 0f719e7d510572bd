import { isoTime } from '../base/clock.ts';
import { serviceEventActor } from '../contracts/event-actor.ts';
import type { EventKind } from '../contracts/event-kinds.ts';
import type { EventDraft } from '../contracts/trail.ts';
import type { MachineExit, MachineRow } from '../store/store.ts';
import { fleetEvents } from './events.ts';
import type { FleetContext } from './fleet-context.ts';
import type { Verdict } from './restart.ts';

type Context = Pick<FleetContext, 'trail' | 'store' | 'log'>;

/** Tells the audit log a fact about a machine. Never throws: the fact is so already. */
export async function tellMachine(
  { trail, store, log }: Context,
  machine: Pick<MachineRow, 'id' | 'agentId' | 'revision' | 'replica'>,
  told: Pick<EventDraft, 'kind' | 'status' | 'error' | 'attributes'>,
): Promise<void> {
  const agent = await store.agents.find(machine.agentId).catch((error: unknown) => {
    log.warn({ machineId: machine.id, err: error }, 'whose machine it is could not be read');
    return undefined;
  });
  trail.note({
    ...(agent !== undefined && { agent: agent.name }),
    machine: machine.id,
    revision: machine.revision,
    replica: machine.replica,
    actor: serviceEventActor('fleet'),
    ...told,
  });
}

/** How a machine ended or failed, and what its replica does next. */
export async function tellVerdict(
  context: Context,
  machine: MachineRow,
  { verdict, exit }: { verdict: Verdict; exit: MachineExit | null },
): Promise<void> {
  const { machineState, reason, slot } = verdict;
  const failed = machineState !== 'stopped';
  const message = reason.slice(0, 500);
  const code = slot.failure?.code ?? 'machine_failed';
  await tellMachine(context, machine, {
    kind: fleetEvents[`machine.${machineState}`],
    status: failed ? 'error' : 'ok',
    ...(failed && { error: { code, message } }),
    attributes: { reason: message, ...(exit && { exit: { ...exit } }) },
  });
  const { failures, nextStartAtMs } = slot;
  const nextStartAt = nextStartAtMs === null ? null : isoTime(nextStartAtMs);
  const decided: EventKind = fleetEvents[DECISIONS[slot.state]];
  await tellMachine(context, machine, {
    kind: decided,
    ...(slot.state === 'given_up' && { status: 'error', error: { code, message } }),
    attributes: {
      failures,
      ...(slot.state === 'given_up' && { reason: (slot.reason ?? reason).slice(0, 500) }),
      ...(DECISIONS[slot.state] === 'replica.restart' && { nextStartAt }),
    },
  });
}

const DECISIONS = {
  running: 'replica.restart',
  waiting: 'replica.restart',
  completed: 'replica.completed',
  given_up: 'replica.given_up',
} as const;
