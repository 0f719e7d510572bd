import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import Big from 'big.js';
import fc from 'fast-check';
import type { Reservation, SpendRefusal } from '../../contracts/egress.ts';
import { BY, type CostStage, openCostStage } from '../cost-stage.ts';

/** One dollar per million tokens, each way. */
const SIMPLE = { models: { m: { input: '1', output: '1', maxOutputTokens: 1_000 } } };
const request = { model: 'm', mostInputTokens: 100, mostOutputTokens: 100 };
const MILLIONTH = new Big('0.000001');
const dollars = (tokens: number) => new Big(tokens).times(MILLIONTH).toFixed();

function held(outcome: Reservation | SpendRefusal): Reservation {
  if ('code' in outcome) assert.fail(outcome.message);
  return outcome;
}
function refused(outcome: Reservation | SpendRefusal): SpendRefusal {
  if (!('code' in outcome)) assert.fail('it was let pass');
  return outcome;
}
async function spent(stage: CostStage): Promise<string | undefined> {
  return stage.workspace.budgets.list()[0]?.now?.spent;
}

test('a hundred calls at once against the last cent never spend more', async (t) => {
  const stage = await openCostStage(t);
  await stage.prices(SIMPLE);
  // 50 calls of at most 200 tokens; each uses 150.
  await stage.budget({ name: 'all', period: 'day', limit: { money: '0.01' } });
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      await turn();
      const reservation = stage.reserve({ agent: `a${index % 7}`, request });
      if ('code' in reservation) return reservation.code;
      await turn();
      return reservation.settle({ tokens: { input: 100, output: 50 } }).cost?.amount;
    }),
  );
  const passed = outcomes.filter((one) => one === '0.00015').length;
  assert.equal(passed + outcomes.filter((one) => one === 'budget_exhausted').length, 100);
  assert.equal(passed, 50);
  assert.equal(await spent(stage), '0.0075');
  assert.equal(stage.workspace.budgets.list()[0]?.now?.reserved, '0');
  for (let more = 0; more < 100; more++) {
    const next = stage.reserve({ request });
    if ('code' in next) break;
    next.settle({ tokens: { input: 100, output: 100 } });
  }
  assert.ok(new Big((await spent(stage)) ?? Number.NaN).lte('0.01'));
});

test('what costs money in unknown units is refused by money, and takes the most of tokens', async (t) => {
  const stage = await openCostStage(t);
  const paid = { operation: 'paid', model: 'image-1', mostInputTokens: 200_000 } as const;
  await stage.budget({ name: 'tokens', period: 'day', limit: { tokens: 300_000 } });
  const first = held(stage.reserve({ request: { ...paid, mostOutputTokens: 0 } }));
  assert.deepEqual(first.settle({ missing: true }), {});
  assert.equal(await spent(stage), '200000');
  assert.equal(refused(stage.reserve({ request: paid })).code, 'budget_exhausted');
  await stage.budget({ name: 'money', period: 'day', limit: { money: '1' } });
  assert.equal(refused(stage.reserve({ request: paid })).details.reason, 'unpriced');
});

test('whatever order calls begin and end in, every budget holds and nothing stays reserved', async (t) => {
  const stage = await openCostStage(t);
  await stage.prices(SIMPLE);
  await stage.budget({ name: 'all', period: 'day', limit: { money: '0.002' } });
  await stage.budget({ name: 'one', agent: 'a', period: 'month', limit: { tokens: 900 } });
  await stage.budget({ name: 'run', agent: 'b', period: 'run', limit: { tokens: 500 } });
  const step = fc.record({
    agent: fc.constantFrom('a', 'b', 'c'),
    run: fc.constantFrom('r1', 'r2', undefined),
    most: fc.integer({ min: 0, max: 200 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    end: fc.nat(20),
    how: fc.constantFrom('used', 'failed', 'missing'),
  });
  let day = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      stage.clock.ms += 32 * 86_400_000;
      day++;
      const open: (() => void)[] = [];
      const used = { all: 0, a: 0, runs: new Map<string, number>() };
      for (const { agent, run, most, share, end, how } of steps) {
        const inRun = run === undefined ? undefined : `${run}-${day}`;
        const outcome = stage.reserve({
          ...{ agent, ...(inRun !== undefined && { run: inRun }) },
          request: { model: 'm', mostInputTokens: most, mostOutputTokens: most },
        });
        if ('code' in outcome) continue;
        const tokens = { input: Math.floor(most * share), output: Math.floor(most * share) };
        open.push(() => {
          if (how === 'used') outcome.settle({ tokens });
          else outcome.settle(how === 'failed' ? undefined : { missing: true });
          const count =
            how === 'used' ? tokens.input + tokens.output : how === 'failed' ? 0 : 2 * most;
          used.all += count;
          if (agent === 'a') used.a += count;
          const key = `${agent} ${inRun}`;
          used.runs.set(key, (used.runs.get(key) ?? 0) + count);
        });
        if (end < open.length) open.splice(end, 1)[0]?.();
      }
      for (const one of open) one();
      assert.ok(used.all <= 2_000);
      assert.ok(used.a <= 900);
      for (const [key, count] of used.runs) if (key.startsWith('b ')) assert.ok(count <= 500);
      const [all, one] = stage.workspace.budgets.list();
      assert.deepEqual([all?.now?.reserved, one?.now?.reserved], ['0', '0']);
      assert.equal(all?.now?.spent, dollars(used.all));
      assert.equal(one?.now?.spent, String(used.a));
    }),
    { numRuns: 60 },
  );
});

test('settling twice counts once', async (t) => {
  const stage = await openCostStage(t);
  await stage.prices(SIMPLE);
  await stage.budget({ name: 'all', period: 'day', limit: { money: '1' } });
  const reservation = held(stage.reserve({ request }));
  const first = reservation.settle({ tokens: { input: 10 } });
  assert.deepEqual(reservation.settle({ tokens: { input: 90 } }), first);
  assert.equal(await spent(stage), '0.00001');
});

test('without a bound of its own a call is held to what its model can answer', async (t) => {
  const stage = await openCostStage(t);
  await stage.prices(SIMPLE);
  await stage.budget({ name: 'all', period: 'day', limit: { tokens: 1_100 } });
  const only = stage.cost.spending.reserve({
    caller: { workspaceId: 'default', agent: 'a', revision: 1, replica: 0, machineId: 'm' },
    ...{ run: undefined, host: 'h' },
    request: { provider: 'openai', operation: 'chat', model: 'm', mostInputTokens: 100 },
  });
  assert.equal(held(only).settle(undefined).cost, undefined);
  const longer = refused(stage.reserve({ request: { model: 'm', mostOutputTokens: 1_101 } }));
  assert.equal(longer.details.needed, '2101');
});

test('a model without a price passes a budget in money only where that is allowed', async (t) => {
  const stage = await openCostStage(t);
  assert.deepEqual(
    held(stage.reserve({ request: { model: 'new' } })).settle({ tokens: { input: 5 } }),
    {
      unpriced: true,
    },
  );
  await stage.budget({ name: 'all', period: 'day', limit: { money: '1' } });
  const refusal = refused(stage.reserve({ request: { model: 'new' } }));
  assert.equal(refusal.code, 'budget_exhausted');
  assert.match(refusal.message, /Model "new" has no price, so budget "all" could not be kept/);
  await stage.budget({ name: 'all', period: 'day', limit: { money: '1' }, allowUnpriced: true });
  held(stage.reserve({ request: { model: 'new' } })).settle(undefined);
  await stage.budget({ name: 'all', period: 'day', limit: { tokens: 10_000 } });
  held(stage.reserve({ request: { model: 'new' } })).settle({ tokens: { input: 9_000 } });
  assert.equal(refused(stage.reserve({ request: { model: 'new' } })).details.unit, 'tokens');
});

test('the model that answered is priced, and the one asked for where that has no price', async (t) => {
  const stage = await openCostStage(t);
  await stage.prices({ models: { m: { input: '1', output: '1' }, dear: { input: '9' } } });
  const settle = (model: string) =>
    held(stage.reserve({ request })).settle({ model, tokens: { input: 1 } }).cost?.amount;
  assert.equal(settle('dear'), '0.000009');
  assert.equal(settle('m-2026-01-01'), '0.000001');
  assert.equal(settle('unheard-of'), '0.000001');
});

test('tools and plain calls are not held, and not refused by budgets', async (t) => {
  const stage = await openCostStage(t);
  await stage.budget({ name: 'all', period: 'day', limit: { tokens: 1 } });
  assert.equal(refused(stage.reserve()).code, 'budget_exhausted');
  const tool = { operation: 'mcp', tool: 'search' } as const;
  assert.deepEqual(held(stage.reserve({ request: tool })).settle({}), {});
  assert.deepEqual(held(stage.reserve({ request: { operation: 'other' } })).settle(undefined), {});
});

test('days and months begin anew, and a clock that goes back finds what was spent', async (t) => {
  const stage = await openCostStage(t);
  await stage.prices(SIMPLE);
  await stage.budget({ name: 'day', period: 'day', limit: { tokens: 250 } });
  stage.clock.ms = Date.parse('2026-01-31T23:59:59.999Z');
  const use = () => held(stage.reserve({ request })).settle({ tokens: { input: 200 } });
  use();
  const refusal = refused(stage.reserve({ request }));
  assert.equal(refusal.retryAfterSeconds, 1);
  assert.match(refusal.message, /begins anew at 2026-02-01T00:00:00\.000Z/);
  stage.clock.ms++;
  use();
  stage.clock.ms -= 10;
  assert.equal(refused(stage.reserve({ request })).code, 'budget_exhausted', 'yesterday is spent');
  await stage.budget({ name: 'day', period: 'month', limit: { tokens: 250 } });
  assert.equal(refused(stage.reserve({ request })).details.period, '2026-01');
  stage.clock.ms = Date.parse('2028-02-29T00:00:00Z');
  use();
  assert.equal(stage.workspace.budgets.list()[0]?.now?.resetsAt, '2028-03-01T00:00:00.000Z');
});

test('a call that begins before midnight is counted where it was held', async (t) => {
  const stage = await openCostStage(t);
  await stage.prices(SIMPLE);
  await stage.budget({ name: 'day', period: 'day', limit: { tokens: 250 } });
  stage.clock.ms = Date.parse('2026-01-31T23:59:59Z');
  const call = held(stage.reserve({ request }));
  stage.clock.ms += 2_000;
  call.settle({ tokens: { input: 200 } });
  assert.equal(await spent(stage), '0');
  stage.clock.ms -= 2_000;
  assert.equal(await spent(stage), '200');
});

test('thresholds are told once a period, a refusal too, also over a restart', async (t) => {
  const stage = await openCostStage(t);
  await stage.prices(SIMPLE);
  await stage.budget({ name: 'b', period: 'day', limit: { tokens: 1_000 }, thresholds: [90, 50] });
  const told = () =>
    stage.log.of('budget.threshold').map(({ attributes }) => attributes?.threshold);
  const use = (input: number) => stage.call({ request, usage: { tokens: { input } } });
  await use(499);
  assert.deepEqual(told(), []);
  await use(1);
  await use(100);
  assert.deepEqual(told(), [50]);
  await stage.crash();
  await use(200);
  assert.deepEqual(told(), [50], 'told before the crash');
  await use(150);
  assert.deepEqual(told(), [50, 90]);
  for (let more = 0; more < 3; more++) assert.equal(await use(1), 'budget_exhausted');
  assert.equal(stage.log.of('budget.exhausted').length, 1);
  stage.clock.ms += 86_400_000;
  await use(500);
  assert.deepEqual(told(), [50, 90, 50]);
});

test('a budget that is set late knows what was spent, and tells it', async (t) => {
  const stage = await openCostStage(t);
  await stage.prices(SIMPLE);
  await stage.call({ request, usage: { tokens: { input: 600 } } });
  await stage.budget({ name: 'b', period: 'month', limit: { tokens: 1_000 } });
  assert.equal(await spent(stage), '600');
  const told = stage.log.of('budget.threshold').map(({ attributes }) => attributes?.threshold);
  assert.deepEqual(told, [50]);
});

test('calls a minute, for each agent and host', async (t) => {
  const stage = await openCostStage(t);
  stage.perMinute = 3;
  const pass = (host: string, agent = 'desk') => !('code' in stage.reserve({ host, agent }));
  assert.deepEqual([pass('a'), pass('a'), pass('a'), pass('a')], [true, true, true, false]);
  assert.deepEqual([pass('b'), pass('a', 'other')], [true, true]);
  const refusal = refused(stage.reserve({ host: 'a' }));
  assert.deepEqual([refusal.code, refusal.retryAfterSeconds], ['rate_limited', 20]);
  stage.clock.ms += 20_000;
  assert.deepEqual([pass('a'), pass('a')], [true, false]);
  stage.clock.ms -= 3_600_000;
  assert.equal(pass('a'), false, 'a clock that goes back gives nothing');
  stage.clock.ms += 20_000;
  assert.equal(pass('a'), true, 'and takes nothing away');
});

test('from the moment pause is called nothing passes, also after a crash, until resume', async (t) => {
  const stage = await openCostStage(t);
  const paused = stage.workspace.pauses.pause('desk', { reason: 'loops', by: BY });
  assert.equal(refused(stage.reserve()).code, 'agent_paused');
  assert.match(
    refused(stage.reserve({ request: { operation: 'other' } })).message,
    /paused: loops/,
  );
  held(stage.reserve({ agent: 'other' }));
  await paused;
  assert.deepEqual(stage.pausedAgents, ['desk']);
  await stage.crash();
  assert.equal(refused(stage.reserve()).code, 'agent_paused');
  await stage.workspace.pauses.resume('desk', BY);
  held(stage.reserve());
  await assert.rejects(stage.workspace.pauses.resume('desk', BY), { code: 'agent_not_paused' });
  await stage.crash();
  held(stage.reserve());
  assert.equal(stage.log.of('agent.paused').length, 1);
  assert.deepEqual(
    stage.log.of('agent.resumed').map(({ status }) => status),
    ['open', 'ok', 'refused'],
  );
});

test('a log that cannot be written stops no pause, and makes no change of budgets or prices', async (t) => {
  const stage = await openCostStage(t);
  stage.log.available = false;
  const unavailable = { code: 'audit_unavailable' };
  await stage.workspace.pauses.pause('desk', { reason: '', by: BY });
  assert.equal(refused(stage.reserve()).code, 'agent_paused');
  await assert.rejects(stage.workspace.pauses.resume('desk', BY), unavailable);
  assert.equal(refused(stage.reserve()).code, 'agent_paused');
  const body = { name: 'b', period: 'day', limit: { tokens: 1 } };
  await assert.rejects(stage.budget(body), unavailable);
  await assert.rejects(stage.prices(SIMPLE), unavailable);
  assert.deepEqual(stage.workspace.budgets.list(), []);
  assert.equal(stage.workspace.prices.list().length, 1);
});
