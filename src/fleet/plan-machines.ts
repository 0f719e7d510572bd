/** Decides what to do with an agent's machines. Pure: the same view gives the same plan. */
import type { AgentRow, MachineRow, SlotRow, Target, Wanted } from '../store/store.ts';
import { fillsSlot, hasEnded } from './machine-moves.ts';
import { LONGEST_BACKOFF_MS } from './restart.ts';

/** Work on a machine that goes on in this process. */
export type MachineWork = 'boot' | 'drain' | 'stop' | 'clear' | 'forget';

export interface FleetView {
  readonly agent: Pick<AgentRow, 'replicas' | 'active' | 'target' | 'deleting' | 'deploymentId'>;
  readonly machines: readonly MachineRow[];
  readonly slots: readonly SlotRow[];
  readonly work: ReadonlyMap<string, MachineWork>;
  readonly nowMs: number;
}

export type Action =
  /** A row for a new machine in a slot. */
  | ({ readonly type: 'create'; readonly replica: number } & Wanted)
  | { readonly type: 'boot'; readonly machineId: string }
  /** No new calls; those in flight may end. */
  | { readonly type: 'drain'; readonly machineId: string; readonly reason: string }
  | { readonly type: 'stop'; readonly machineId: string; readonly reason: string }
  /** What is left of an ended machine on the host, but for its log. */
  | { readonly type: 'clear'; readonly machineId: string }
  /** Its log and its row. */
  | { readonly type: 'forget'; readonly machineId: string }
  | { readonly type: 'drop_slot'; readonly generation: number; readonly replica: number }
  | { readonly type: 'remove_agent' };

export interface Plan {
  readonly actions: readonly Action[];
  /** When something is due although nothing happens: the end of a back-off. */
  readonly lookAgainAtMs: number | null;
}

/** Ended machines are shown, and their logs kept, for so long … */
export const ENDED_KEPT_MS = 24 * 60 * 60_000;
/** … but no more of them for each agent, so that a crash loop does not fill the disk. */
export const ENDED_KEPT_PER_AGENT = 20;

export function planMachines(view: FleetView): Plan {
  const { agent, machines, work } = view;
  const wanted = wantedGenerations(agent);
  const keepers = slotKeepers(view, wanted);
  const actions: Action[] = [];
  for (const machine of machines) {
    const action = actionFor(machine, { work: work.get(machine.id), keepers });
    if (action !== undefined) actions.push(action);
  }
  actions.push(...forgetEnded(view));
  const filling = fillSlots(view, { wanted, keepers });
  actions.push(...filling.actions);
  if (agent.deleting && agent.deploymentId === null && machines.length === 0)
    actions.push({ type: 'remove_agent' });
  return { actions, lookAgainAtMs: filling.lookAgainAtMs };
}

/** The generations that machines are wanted of, each with its count. */
export function wantedGenerations(agent: FleetView['agent']): readonly Target[] {
  if (agent.deleting) return [];
  const active = agent.active && { ...agent.active, replicas: agent.replicas };
  return [active, agent.target].filter((wanted) => wanted !== null);
}

const slotKey = ({ generation, replica }: { generation: number; replica: number }) =>
  `${generation}/${replica}`;

/** The one machine of each wanted slot that stays: a healthy one, else the oldest. */
function slotKeepers(
  { machines }: FleetView,
  wanted: readonly Target[],
): ReadonlyMap<string, MachineRow> {
  const keepers = new Map<string, MachineRow>();
  for (const machine of machines) {
    const { state, generation, replica } = machine;
    const place = wanted.find((one) => one.generation === generation);
    if (!fillsSlot(state) || place === undefined || replica >= place.replicas) continue;
    const other = keepers.get(slotKey(machine));
    if (other === undefined || (other.state !== 'healthy' && machine.state === 'healthy'))
      keepers.set(slotKey(machine), machine);
  }
  return keepers;
}

function actionFor(
  machine: MachineRow,
  { work, keepers }: { work: MachineWork | undefined; keepers: ReadonlyMap<string, MachineRow> },
): Action | undefined {
  const machineId = machine.id;
  const stays = keepers.get(slotKey(machine)) === machine;
  switch (machine.state) {
    case 'starting':
      if (!stays) return { type: 'stop', machineId, reason: 'no longer wanted' };
      if (machine.startedAtMs === null && work === undefined) return { type: 'boot', machineId };
      return undefined;
    case 'healthy':
      return stays ? undefined : { type: 'drain', machineId, reason: 'no longer wanted' };
    case 'unhealthy':
      return { type: 'drain', machineId, reason: machine.reason ?? 'unhealthy' };
    case 'draining':
      if (work !== undefined) return undefined;
      return { type: 'drain', machineId, reason: machine.reason ?? 'no longer wanted' };
    case 'stopping':
      if (work === 'stop') return undefined;
      return { type: 'stop', machineId, reason: machine.reason ?? 'no longer wanted' };
    case 'stopped':
    case 'failed':
      return machine.onHost && work === undefined ? { type: 'clear', machineId } : undefined;
  }
}

function forgetEnded({ agent, machines, work, nowMs }: FleetView): readonly Action[] {
  const gone = machines.filter(
    ({ id, state, onHost }) => hasEnded(state) && !onHost && !work.has(id),
  );
  const newestFirst = gone.toSorted((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0));
  return newestFirst
    .filter(
      ({ endedAtMs }, index) =>
        agent.deleting ||
        index >= ENDED_KEPT_PER_AGENT ||
        nowMs - (endedAtMs ?? 0) >= ENDED_KEPT_MS,
    )
    .map(({ id }) => ({ type: 'forget', machineId: id }));
}

function fillSlots(
  { slots, nowMs }: FleetView,
  { wanted, keepers }: { wanted: readonly Target[]; keepers: ReadonlyMap<string, MachineRow> },
): Plan {
  const actions: Action[] = [];
  let lookAgainAtMs: number | null = null;
  const rows = new Map(slots.map((slot) => [slotKey(slot), slot]));
  for (const { revision, generation, replicas } of wanted)
    for (let replica = 0; replica < replicas; replica++) {
      const key = slotKey({ generation, replica });
      const slot = rows.get(key);
      rows.delete(key);
      if (keepers.has(key) || slot?.state === 'given_up' || slot?.state === 'completed') continue;
      const dueAtMs = slot?.nextStartAtMs ?? nowMs;
      // No wait is longer: the clock was set back, and must not keep the slot empty for so long.
      const clockWasSet = dueAtMs - nowMs > LONGEST_BACKOFF_MS;
      if (dueAtMs <= nowMs || clockWasSet)
        actions.push({ type: 'create', revision, generation, replica });
      else lookAgainAtMs = Math.min(lookAgainAtMs ?? dueAtMs, dueAtMs);
    }
  for (const { generation, replica } of rows.values())
    actions.push({ type: 'drop_slot', generation, replica });
  return { actions, lookAgainAtMs };
}
