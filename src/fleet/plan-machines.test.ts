import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { MachineStateName } from '../contracts/resources.ts';
import type { MachineRow, SlotRow } from '../store/store.ts';
import { fillsSlot, hasEnded, MACHINE_MOVES } from './machine-moves.ts';
import { ENDED_KEPT_PER_AGENT, type FleetView, planMachines } from './plan-machines.ts';
import { newSlot } from './record-end.ts';

const states = Object.keys(MACHINE_MOVES) as MachineStateName[];
const NOW_MS = 1_000_000;

function machineOf(change: Partial<MachineRow> & { id: string }): MachineRow {
  return {
    workspaceId: 'default',
    agentId: 'agt',
    revision: 1,
    generation: 1,
    replica: 0,
    state: 'healthy',
    reason: null,
    onHost: true,
    exit: null,
    createdAtMs: NOW_MS,
    startedAtMs: NOW_MS,
    healthyAtMs: NOW_MS,
    endedAtMs: null,
    ...change,
  };
}

function slotOf(change: Partial<SlotRow>): SlotRow {
  const place = { workspaceId: 'default', agentId: 'agt', generation: 1, replica: 0 };
  return { ...newSlot(place), ...change };
}

const emptyView: FleetView = {
  agent: {
    replicas: 1,
    active: { revision: 1, generation: 1 },
    target: null,
    deleting: false,
    deploymentId: null,
  },
  machines: [],
  slots: [],
  work: new Map(),
  nowMs: NOW_MS,
};

/** Any view at all, sensible or not. */
const anyView: fc.Arbitrary<FleetView> = fc.record({
  agent: fc.record({
    replicas: fc.nat(4),
    active: fc.option(fc.record({ revision: fc.nat(3), generation: fc.nat(4) })),
    target: fc.option(
      fc.record({
        revision: fc.nat(3),
        generation: fc.integer({ min: 5, max: 7 }),
        replicas: fc.nat(4),
      }),
    ),
    deleting: fc.boolean(),
    deploymentId: fc.constantFrom(null, 'dpl'),
  }),
  machines: fc.uniqueArray(
    fc
      .record({
        id: fc.integer({ min: 0, max: 30 }).map((n) => `mch_${n}`),
        generation: fc.nat(7),
        replica: fc.nat(5),
        state: fc.constantFrom(...states),
        onHost: fc.boolean(),
        startedAtMs: fc.constantFrom(null, NOW_MS),
        endedAtMs: fc.constantFrom(null, NOW_MS - 1),
      })
      .map(machineOf),
    { selector: ({ id }) => id, maxLength: 15 },
  ),
  slots: fc.uniqueArray(
    fc
      .record({
        generation: fc.nat(7),
        replica: fc.nat(5),
        state: fc.constantFrom('running' as const, 'waiting', 'given_up', 'completed'),
        nextStartAtMs: fc.constantFrom(null, NOW_MS - 1, NOW_MS + 500),
      })
      .map(slotOf),
    { selector: ({ generation, replica }) => `${generation}/${replica}`, maxLength: 15 },
  ),
  work: fc.constant(new Map()),
  nowMs: fc.constant(NOW_MS),
});

describe('the plan', () => {
  it('starts what is missing and drains what is not wanted', () => {
    const machines = [
      machineOf({ id: 'a' }),
      machineOf({ id: 'old', generation: 0 }),
      machineOf({ id: 'high', replica: 3 }),
    ];
    const agent = { ...emptyView.agent, replicas: 2 };
    assert.deepEqual(planMachines({ ...emptyView, agent, machines }).actions, [
      { type: 'drain', machineId: 'old', reason: 'no longer wanted' },
      { type: 'drain', machineId: 'high', reason: 'no longer wanted' },
      { type: 'create', revision: 1, generation: 1, replica: 1 },
    ]);
  });

  it('looks again when a back-off ends, and not before', () => {
    const slots = [slotOf({ state: 'waiting', nextStartAtMs: NOW_MS + 700 })];
    const waiting = planMachines({ ...emptyView, slots });
    assert.deepEqual(waiting, { actions: [], lookAgainAtMs: NOW_MS + 700 });
    const due = planMachines({ ...emptyView, slots, nowMs: NOW_MS + 700 });
    assert.equal(due.actions[0]?.type, 'create');
  });

  it('does not wait longer than any back-off is, when the clock was set back', () => {
    const slots = [slotOf({ state: 'waiting', nextStartAtMs: NOW_MS + 86_400_000 })];
    const plan = planMachines({ ...emptyView, slots });
    assert.equal(plan.actions[0]?.type, 'create');
  });

  it('leaves a slot that was given up or completed alone', () => {
    for (const state of ['given_up', 'completed'] as const)
      assert.deepEqual(planMachines({ ...emptyView, slots: [slotOf({ state })] }).actions, []);
  });

  it('replaces an unhealthy machine while it still drains', () => {
    const machines = [machineOf({ id: 'a', state: 'unhealthy', reason: 'no answer' })];
    assert.deepEqual(planMachines({ ...emptyView, machines }).actions, [
      { type: 'drain', machineId: 'a', reason: 'no answer' },
      { type: 'create', revision: 1, generation: 1, replica: 0 },
    ]);
  });

  it('forgets ended machines when there are many or they are old', () => {
    const ended = Array.from({ length: ENDED_KEPT_PER_AGENT + 2 }, (_, index) =>
      machineOf({ id: `e${index}`, state: 'failed', onHost: false, endedAtMs: NOW_MS - index }),
    );
    const forgotten = planMachines({ ...emptyView, machines: ended }).actions.filter(
      ({ type }) => type === 'forget',
    );
    assert.deepEqual(
      forgotten.map((action) => 'machineId' in action && action.machineId),
      ['e20', 'e21'],
    );
  });

  it('removes an agent only when nothing of it is left and no deployment holds it', () => {
    const agent = { ...emptyView.agent, deleting: true };
    const gone = { type: 'remove_agent' };
    assert.deepEqual(planMachines({ ...emptyView, agent }).actions, [gone]);
    const held = { ...agent, deploymentId: 'dpl' };
    assert.deepEqual(planMachines({ ...emptyView, agent: held }).actions, []);
    const machines = [machineOf({ id: 'a', state: 'stopped' })];
    assert.deepEqual(planMachines({ ...emptyView, agent, machines }).actions, [
      { type: 'clear', machineId: 'a' },
    ]);
  });

  it('never fills a slot twice, nor one that nobody wants', () => {
    fc.assert(
      fc.property(anyView, (view) => {
        const { agent, machines } = view;
        const created = new Set<string>();
        for (const action of planMachines(view).actions) {
          if (action.type !== 'create') continue;
          const { generation, replica } = action;
          const key = `${generation}/${replica}`;
          assert.ok(!created.has(key));
          created.add(key);
          assert.ok(!agent.deleting);
          const wanted =
            (agent.active?.generation === generation && replica < agent.replicas) ||
            (agent.target?.generation === generation && replica < agent.target.replicas);
          assert.ok(wanted, 'no machine for a stale generation');
          const others = machines.filter(
            (one) =>
              one.generation === generation && one.replica === replica && fillsSlot(one.state),
          );
          assert.equal(others.length, 0);
        }
      }),
    );
  });

  it('keeps a healthy machine of every wanted slot that has one', () => {
    fc.assert(
      fc.property(anyView, (view) => {
        const { agent, machines } = view;
        if (agent.deleting) return;
        const ended = new Set(
          planMachines(view).actions.flatMap((action) =>
            action.type === 'drain' || action.type === 'stop' ? [action.machineId] : [],
          ),
        );
        for (let replica = 0; replica < agent.replicas; replica++) {
          const healthy = machines.filter(
            (one) =>
              one.generation === agent.active?.generation &&
              one.replica === replica &&
              one.state === 'healthy',
          );
          if (healthy.length > 0) assert.ok(healthy.some(({ id }) => !ended.has(id)));
        }
      }),
    );
  });

  it('asks for at most one thing for each machine, and for nothing that is under way', () => {
    fc.assert(
      fc.property(anyView, (view) => {
        const { actions } = planMachines(view);
        const ids = actions.flatMap((action) => ('machineId' in action ? [action.machineId] : []));
        assert.equal(new Set(ids).size, ids.length);
        const work = new Map(
          view.machines.map(
            ({ id, state }) => [id, state === 'stopping' ? 'stop' : 'clear'] as const,
          ),
        );
        for (const action of planMachines({ ...view, work }).actions)
          if ('machineId' in action) {
            const machine = view.machines.find(({ id }) => id === action.machineId);
            const supersedes = ['starting', 'healthy', 'unhealthy'].includes(machine?.state ?? '');
            assert.ok(supersedes, `${action.type} of a machine that is being worked on`);
          }
      }),
    );
  });

  it('only asks for moves that the transition table knows', () => {
    const moves = { drain: 'draining', stop: 'stopping' } as const;
    fc.assert(
      fc.property(anyView, (view) => {
        for (const action of planMachines(view).actions) {
          if (action.type !== 'drain' && action.type !== 'stop') continue;
          const state = view.machines.find(({ id }) => id === action.machineId)?.state ?? 'failed';
          const next: readonly MachineStateName[] = MACHINE_MOVES[state];
          assert.ok(state === moves[action.type] || next.includes(moves[action.type]));
        }
      }),
    );
  });
});

type Fault = 'none' | 'boot_fails' | 'dies' | 'unhealthy' | 'swarmd_restarts';

/** The world as the plan sees it, with perfect hands: each action is done in one round. */
class Model {
  view: FleetView;
  #made = 0;

  constructor(view: FleetView) {
    this.view = view;
  }

  round(fault: Fault): number {
    const { actions } = planMachines(this.view);
    for (const action of actions) this.#apply(action);
    this.#proceed(fault);
    this.view = { ...this.view, nowMs: this.view.nowMs + 1_000 };
    return actions.filter(({ type }) => type !== 'remove_agent').length;
  }

  #apply(action: ReturnType<typeof planMachines>['actions'][number]): void {
    switch (action.type) {
      case 'create': {
        const { type: _type, ...place } = action;
        const id = `new_${++this.#made}`;
        const made = {
          ...place,
          id,
          state: 'starting',
          startedAtMs: null,
          healthyAtMs: null,
        } as const;
        this.#put(machineOf(made));
        break;
      }
      case 'boot':
        this.#change(action.machineId, { startedAtMs: this.view.nowMs });
        break;
      case 'drain':
        this.#change(action.machineId, { state: 'draining' });
        break;
      case 'stop':
        this.#change(action.machineId, { state: 'stopping' });
        break;
      case 'clear':
        this.#change(action.machineId, { onHost: false });
        break;
      case 'forget':
        this.view = {
          ...this.view,
          machines: this.view.machines.filter(({ id }) => id !== action.machineId),
        };
        break;
      case 'drop_slot':
        this.view = {
          ...this.view,
          slots: this.view.slots.filter(
            (slot) => slot.generation !== action.generation || slot.replica !== action.replica,
          ),
        };
        break;
      case 'remove_agent':
        break;
    }
  }

  /** What the world does by itself in a round. */
  #proceed(fault: Fault): void {
    const endedAtMs = this.view.nowMs;
    for (const { id, state, startedAtMs } of this.view.machines) {
      if (state === 'draining') this.#change(id, { state: 'stopping' });
      if (state === 'stopping') this.#change(id, { state: 'stopped', endedAtMs });
      if (state === 'starting' && startedAtMs !== null)
        this.#change(
          id,
          fault === 'boot_fails' ? { state: 'failed', endedAtMs } : { state: 'healthy' },
        );
      if (state === 'healthy' && fault === 'dies') this.#change(id, { state: 'failed', endedAtMs });
      if (state === 'healthy' && fault === 'unhealthy') this.#change(id, { state: 'unhealthy' });
    }
  }

  #put(machine: MachineRow): void {
    this.view = { ...this.view, machines: [...this.view.machines, machine] };
  }

  #change(machineId: string, change: Partial<MachineRow>): void {
    const machines = this.view.machines.map((one) =>
      one.id === machineId ? { ...one, ...change } : one,
    );
    this.view = { ...this.view, machines };
  }
}

it('converges to what is wanted from any state, whatever went wrong on the way', () => {
  const faults = fc.array(
    fc.constantFrom<Fault>('none', 'boot_fails', 'dies', 'unhealthy', 'swarmd_restarts'),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(anyView, faults, (view, trouble) => {
      const model = new Model(view);
      for (const fault of trouble) model.round(fault);
      let rounds = 0;
      while (model.round('none') > 0) assert.ok(++rounds < 20, 'the plan does not come to rest');
      const { agent, machines, slots } = model.view;
      const live = machines.filter(({ state }) => !hasEnded(state));
      assert.ok(machines.every(({ state, onHost }) => !hasEnded(state) || !onHost));
      const wanted = agent.deleting
        ? []
        : [agent.active && { ...agent.active, replicas: agent.replicas }, agent.target].filter(
            (one) => one !== null,
          );
      const blocked = (generation: number, replica: number) =>
        slots.some(
          (slot) =>
            slot.generation === generation &&
            slot.replica === replica &&
            (slot.state === 'given_up' || slot.state === 'completed'),
        );
      let expected = 0;
      for (const { generation, replicas } of wanted)
        for (let replica = 0; replica < replicas; replica++) {
          const here = live.filter(
            (one) => one.generation === generation && one.replica === replica,
          );
          assert.ok(here.length <= 1);
          if (here.length === 0) assert.ok(blocked(generation, replica));
          else assert.equal(here[0]?.state, 'healthy');
          expected += here.length;
        }
      assert.equal(live.length, expected, 'a machine that nobody wants is left');
      if (agent.deleting) assert.equal(machines.length, 0);
    }),
    { numRuns: 300 },
  );
});
