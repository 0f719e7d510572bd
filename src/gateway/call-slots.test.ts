import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SwarmError } from '../base/errors.ts';
import type { Route } from '../contracts/route.ts';
import { CallSlots, type SlotCaller } from './call-slots.ts';
import { DEFAULT_LIMITS } from './gateway.ts';
import type { MachineCalls } from './machine-calls.ts';
import { FakeRoutes } from './route-source-fake.ts';

class Caller implements SlotCaller {
  readonly agentName = 'desk';
  readonly number: number;
  tried: ReadonlySet<string> | undefined;
  machine: MachineCalls | undefined;
  error: SwarmError | undefined;
  constructor(number: number) {
    this.number = number;
  }
  granted(machine: MachineCalls): void {
    assert.equal(this.machine ?? this.error, undefined, 'answered twice');
    this.machine = machine;
  }
  refused(error: SwarmError): void {
    assert.equal(this.machine ?? this.error, undefined, 'answered twice');
    this.error = error;
  }
}

function setUp(replicas: number, concurrency: Partial<Route['concurrency']> = {}) {
  const routes = new FakeRoutes();
  routes.set('desk', { ports: portsFor(replicas), concurrency });
  const slots = new CallSlots({
    routes,
    clock: { nowMs: () => 0 },
    limits: DEFAULT_LIMITS,
    nearestName: () => undefined,
  });
  return { routes, slots };
}

function codeOf(caller: Caller | undefined): string | undefined {
  return caller?.error?.code;
}

/** Nothing is connected to: slots are only counted here. */
function portsFor(replicas: number): number[] {
  return Array.from({ length: replicas }, (_, i) => 10_000 + i);
}

type Step =
  | { readonly do: 'arrive' }
  | { readonly do: 'release' | 'leave'; readonly which: number }
  | { readonly do: 'replicas'; readonly count: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ do: 'arrive' as const }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('replicas' as const), count: fc.nat(4) }),
  },
);

test('whatever happens, limits hold, waiting is first come first served, nothing is lost', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(4),
      async (steps, hardLimit, queue) => {
        const { routes, slots } = setUp(2, { hardLimit, queue, queueTimeoutMs: 60_000 });
        const held: Caller[] = [];
        let waiting: Caller[] = [];
        let arrived = 0;
        const settle = () => {
          const served = waiting.filter((caller) => caller.machine !== undefined);
          assert.deepEqual(served, waiting.slice(0, served.length), 'somebody was overtaken');
          held.push(...served);
          waiting = waiting.slice(served.length);
        };
        for (const action of steps) {
          if (action.do === 'arrive') {
            const caller = new Caller(arrived++);
            slots.request(caller);
            if (caller.machine !== undefined) {
              assert.equal(waiting.length, 0, 'a newcomer passed those who wait');
              held.push(caller);
            } else if (caller.error === undefined) waiting.push(caller);
          } else if (action.do === 'release' && held.length > 0) {
            const [caller] = held.splice(action.which % held.length, 1);
            if (caller?.machine !== undefined) slots.release(caller.machine, caller);
          } else if (action.do === 'leave' && waiting.length > 0) {
            const [caller] = waiting.splice(action.which % waiting.length, 1);
            if (caller !== undefined) slots.withdraw(caller);
          } else if (action.do === 'replicas') {
            routes.set('desk', { ports: portsFor(action.count) });
          }
          settle();
          const loads = new Map<string, number>();
          for (const { machine } of held)
            if (machine) loads.set(machine.machineId, (loads.get(machine.machineId) ?? 0) + 1);
          for (const [machineId, load] of loads) {
            assert.ok(load <= hardLimit, `${machineId} has ${load} calls`);
            assert.equal(slots.inFlight(machineId), load);
          }
          assert.ok(waiting.length <= queue);
          assert.equal(slots.waiting('desk'), waiting.length);
          const room = routes
            .route('desk')
            ?.targets.some((target) => (loads.get(target.machineId) ?? 0) < hardLimit);
          assert.ok(!(room && waiting.length > 0), 'somebody waits although there is room');
        }
        await slots.close();
      },
    ),
    { numRuns: 200 },
  );
});

test('a full queue refuses; a wait that takes too long ends', async () => {
  const { slots } = setUp(1, { hardLimit: 1, queue: 1, queueTimeoutMs: 5 });
  const callers = [0, 1, 2].map((number) => new Caller(number));
  for (const caller of callers) slots.request(caller);
  assert.equal(callers[2]?.error?.code, 'queue_full');
  assert.equal(callers[1]?.error, undefined);
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (callers[1]?.error === undefined) return;
      clearInterval(timer);
      resolve();
    }, 2);
  });
  assert.equal(codeOf(callers[1]), 'queue_timeout');
  assert.equal(slots.waiting('desk'), 0);
  await slots.close();
});

test('without targets a call is refused with the reason; unknown agents are not found', async () => {
  const { routes, slots } = setUp(0);
  routes.set('desk', { unavailable: '0 replicas are wanted' });
  const caller = new Caller(0);
  slots.request(caller);
  assert.equal(caller.error?.code, 'agent_unavailable');
  assert.match(caller.error?.message ?? '', /0 replicas are wanted/);
  routes.delete('desk');
  const second = new Caller(1);
  slots.request(second);
  assert.equal(second.error?.code, 'agent_not_found');
  await slots.close();
});

test('those who wait are told when the agent is deleted', async () => {
  const { routes, slots } = setUp(1, { hardLimit: 1, queue: 5 });
  const callers = [0, 1].map((number) => new Caller(number));
  for (const caller of callers) slots.request(caller);
  routes.delete('desk');
  assert.equal(callers[1]?.error?.code, 'agent_not_found');
  assert.equal(slots.inFlight('m10000'), 1, 'the call in flight goes on');
  const drained = slots.drained('m10000', 60_000);
  const { machine } = callers[0] ?? {};
  assert.ok(machine);
  slots.release(machine, { agentName: 'desk' });
  assert.equal(await drained, true);
  assert.equal(await slots.drained('m10000', 60_000), true);
  await slots.close();
});

test('drained gives up when its time has run out', async () => {
  const { slots } = setUp(1);
  const caller = new Caller(0);
  slots.request(caller);
  assert.equal(await slots.drained('m10000', 5), false);
  await slots.close();
});
