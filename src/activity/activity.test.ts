import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import { waitUntil } from '../base/wait.ts';
import type { OutcomePage } from '../contracts/outcome.ts';
import { type LiveMessage, overview as overviewSchema } from '../contracts/overview.ts';
import type { AgentResource } from '../contracts/resources.ts';
import { createActivity } from './activity.ts';
import type { ActivityLog, AgentChange, CostFigures } from './ports.ts';

const WAIT = { timeoutMs: 10_000, intervalMs: 5 };

/** What is told to whoever listens, as it comes. */
class Feed<T> {
  readonly told: T[] = [];
  readers = 0;
  #more = Promise.withResolvers<void>();

  tell(...items: readonly T[]): void {
    this.told.push(...items);
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }
  async *read(signal: AbortSignal): AsyncGenerator<T> {
    this.readers++;
    const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    for (let at = 0; !signal.aborted; at++) {
      while (at >= this.told.length && !signal.aborted)
        await Promise.race([this.#more.promise, gone]);
      const item = this.told[at];
      if (item === undefined || signal.aborted) return;
      if (item instanceof Error) throw item;
      yield item;
    }
  }
}

function agentOf(name: string, healthy: number): AgentResource {
  const time = '2026-01-31T12:00:00.000Z';
  return {
    ...{ id: `agt_${name}`, name, workspace: 'default', state: 'running', revision: 1 },
    ...{ replicas: { desired: 1, healthy, items: [] }, image: null, deployment: null, labels: {} },
    ...{ url: '', createdAt: time, updatedAt: time },
  };
}

const NO_COSTS: CostFigures = {
  ...{ totals: { today: '0', thisMonth: '0' }, agents: new Map(), complete: true },
};

function stage(costs: CostFigures = NO_COSTS) {
  const outcomes = new Feed<OutcomePage | Error>();
  const changes = new Feed<AgentChange>();
  const listed = [agentOf('a', 1)];
  const events: ActivityLog = {
    followOutcomes: (_workspaceId, { signal }) =>
      outcomes.read(signal) as AsyncGenerator<OutcomePage>,
    follow: () => {
      throw new Error('not asked for here');
    },
    indexed: () => 0,
    committed: () => 0,
  };
  const clock = { nowMs: () => Date.UTC(2026, 0, 31, 12) };
  const activity = createActivity({
    ...{ workspaceId: 'default', log: silentLogger, clock, events },
    agents: { list: async () => listed, watch: (signal) => changes.read(signal) },
    costs: async () => costs,
  });
  return { activity, outcomes, changes, clock };
}

const calls = (nowMs: number, count: number, isCaughtUp = true): OutcomePage => ({
  ...{ type: 'slots', failures: [], refusals: [], isCaughtUp },
  groups: [
    {
      ...{ agent: 'a', slot: Math.floor(nowMs / 5_000), calls: count, errors: 0 },
      ...{ refusedIn: 0, refusedOut: 0, durationsMs: [] },
    },
  ],
});

async function take(stream: AsyncIterator<{ json: string }>): Promise<LiveMessage> {
  const { value, done } = await stream.next();
  assert.equal(done, false);
  return JSON.parse(value.json);
}

test('a slow reader gets the newest state of each agent and the newest figures, and no others', async () => {
  const { activity, outcomes, changes, clock } = stage();
  const closing = new AbortController();
  const stream = activity.live({ signal: closing.signal })[Symbol.asyncIterator]();
  const first = await take(stream);
  assert.deepEqual(first, { type: 'agents', agents: [agentOf('a', 1)] });
  assert.equal((await take(stream)).type, 'overview');
  for (let i = 0; i < 500; i++)
    for (const name of ['a', 'b']) changes.tell({ type: 'agent', agent: agentOf(name, i) });
  changes.tell({ type: 'agent_deleted', name: 'b' });
  for (let i = 0; i < 100; i++) outcomes.tell(calls(clock.nowMs(), 1));
  const seen = await waitUntil(async () => {
    const now = await activity.overview();
    return now.totals.callsToday === 100 && now.complete;
  }, WAIT);
  assert.ok(seen);
  const told = [await take(stream), await take(stream)];
  assert.deepEqual(
    told.map(({ type }) => type),
    ['agent', 'agent_deleted'],
  );
  assert.equal(told[0]?.type === 'agent' && told[0].agent.replicas.healthy, 499);
  const last = await take(stream);
  assert.equal(last.type === 'overview' && last.overview.totals.callsToday, 100);
  closing.abort();
  assert.equal((await stream.next()).done, true);
  await activity.close();
});

test('many streams watch the fleet once', async () => {
  const { activity, changes } = stage();
  const closing = new AbortController();
  const streams = Array.from({ length: 50 }, () =>
    activity.live({ signal: closing.signal })[Symbol.asyncIterator](),
  );
  for (const stream of streams) assert.equal((await take(stream)).type, 'agents');
  assert.equal(changes.readers, 1);
  closing.abort();
  for (const stream of streams) await stream.return?.();
  await activity.close();
});

test('what was added up stays while it is added up again after a failure', async () => {
  const { activity, outcomes, clock } = stage();
  const figures = async () => {
    const { complete, totals } = await activity.overview();
    return [complete, totals.callsToday];
  };
  const shows = (expected: unknown[]) =>
    waitUntil(async () => String(await figures()) === String(expected), WAIT);
  outcomes.tell(calls(clock.nowMs(), 2, false));
  assert.ok(await shows([false, 2]));
  outcomes.tell(calls(clock.nowMs(), 3));
  assert.ok(await shows([true, 5]));
  outcomes.tell(new Error('the index is being made again'));
  // Told from the beginning: once only.
  assert.ok(await waitUntil(() => outcomes.readers >= 2, WAIT));
  outcomes.told.splice(0, outcomes.told.length);
  assert.deepEqual(await figures(), [true, 5]);
  await activity.close();
});

test('costs stand beside the figures, also of agents that nobody called', async () => {
  const { activity, outcomes, clock } = stage({
    totals: { today: '1.5', thisMonth: '30' },
    agents: new Map([
      ['a', { today: '1', thisMonth: '10' }],
      ['worker', { today: '0.5', thisMonth: '20' }],
    ]),
    complete: true,
  });
  outcomes.tell(calls(clock.nowMs(), 1));
  await waitUntil(async () => (await activity.overview()).complete, WAIT);
  const shown = overviewSchema.parse(await activity.overview());
  assert.deepEqual(
    shown.agents.map(({ agent, callsToday, costToday }) => [agent, callsToday, costToday]),
    [
      ['a', 1, '1'],
      ['worker', 0, '0.5'],
    ],
  );
  assert.equal(shown.totals.costThisMonth, '30');
  await activity.close();
});
