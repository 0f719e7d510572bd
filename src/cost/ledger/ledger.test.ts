/** The sums are those of the log, whatever happens between the two. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Big from 'big.js';
import fc from 'fast-check';
import { waitUntil } from '../../base/wait.ts';
import type { CostReport } from '../../contracts/cost.ts';
import type { EventResource } from '../../contracts/event.ts';
import { serviceEventActor } from '../../contracts/event-actor.ts';
import type { EventKind } from '../../contracts/event-kinds.ts';
import { type CostStage, openCostStage } from '../cost-stage.ts';
import { KeyLimit, OTHERS } from './key-limit.ts';
import { ledgerEntry } from './ledger-entry.ts';

const EVER = { since: '2026-01-01', until: '2026-12-31' };
const TOKENS = ['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning'] as const;

/** What the log says, added up here. */
function inLog(stage: CostStage) {
  const ended = stage.log.of('egress.call').filter(({ status }) => status !== 'open');
  const amount = ended.reduce((sum, { cost }) => sum.plus(cost?.amount ?? 0), new Big(0)).toFixed();
  const tokens = TOKENS.map((name) =>
    ended.reduce((sum, { tokens: used }) => sum + (used?.[name] ?? 0), 0),
  );
  const flag = (name: string) => ended.filter(({ attributes }) => attributes?.[name]).length;
  const flags = [flag('unpriced'), flag('usageMissing')];
  return { calls: ended.length, amount, tokens, flags };
}

function inSums({ totals }: CostReport) {
  const { calls, amount, tokens, unpriced, usageMissing } = totals;
  const flags = [unpriced, usageMissing];
  return { calls, amount, tokens: TOKENS.map((name) => tokens[name]), flags };
}

async function sumsWith(stage: CostStage, by: CostReport['by'], calls: number) {
  const found = await waitUntil(
    async () => {
      const report = await stage.workspace.report({ by, ...EVER });
      return report.totals.calls >= calls ? report : undefined;
    },
    { timeoutMs: 10_000, intervalMs: 2 },
  );
  assert.ok(found, `${calls} calls are in the sums`);
  return found;
}

test('calls, crashes and writes that fail: the sums are the log’s, each key and together', async (t) => {
  const stage = await openCostStage(t);
  await stage.budget({ name: 'all', period: 'day', limit: { money: '1000000' } });
  const count = fc.integer({ min: 0, max: 300_000 });
  const tokens = fc.record(
    { input: count, output: count, cacheRead: count, cacheWrite: count, reasoning: count },
    { requiredKeys: ['input'] },
  );
  const call = fc.record({
    do: fc.constant('call' as const),
    agent: fc.constantFrom('desk', 'crew'),
    run: fc.constantFrom('a'.repeat(32), 'b'.repeat(32), undefined),
    model: fc.constantFrom('gpt-4o', 'claude-opus-4-5', 'unheard-of'),
    usage: fc.oneof(
      tokens.map((used) => ({ tokens: used })),
      fc.constant({ missing: true as const }),
      fc.constant(undefined),
    ),
  });
  const other = fc.constantFrom(
    { do: 'crash' as const },
    { do: 'later' as const },
    { do: 'store' as const },
    { do: 'full' as const },
  );
  const steps = fc.array(fc.oneof({ weight: 4, arbitrary: call }, other), { maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      for (const step of all) {
        if (step.do === 'crash') await stage.crash();
        else if (step.do === 'later') stage.clock.ms += 3_600_000;
        else if (step.do === 'full') {
          stage.diskFull = true;
          await stage.workspace.report({ by: 'day' }).catch(() => undefined);
          stage.diskFull = false;
        } else if (step.do === 'store') await stage.workspace.report({ by: 'day' });
        else {
          const { agent, run, model, usage } = step;
          await stage.call({
            ...{ agent, request: { model } },
            ...(run !== undefined && { run }),
            ...(usage !== undefined && { usage }),
          });
        }
      }
      const expected = inLog(stage);
      for (const by of ['agent', 'model', 'day', 'run', 'tool'] as const) {
        const report = await sumsWith(stage, by, expected.calls);
        assert.deepEqual(inSums(report), expected);
        const rows = report.rows.reduce((sum, { amount }) => sum.plus(amount), new Big(0));
        assert.equal(rows.toFixed(), expected.amount, `the rows by ${by} make the total`);
      }
    }),
    { numRuns: 25 },
  );
});

test('a call that nobody could say the end of is flagged, not free in silence', async (t) => {
  const stage = await openCostStage(t);
  const kind = 'egress.call' as EventKind;
  const draft = { kind, actor: serviceEventActor('egress'), agent: 'desk', model: 'gpt-4o' };
  await (await stage.log.begin(draft)).complete({ status: 'unknown' });
  await (await stage.log.begin(draft)).complete({ status: 'refused' });
  await stage.log.begin(draft);
  const { totals } = await sumsWith(stage, 'agent', 1);
  assert.deepEqual([totals.calls, totals.usageMissing, totals.amount], [1, 1, '0']);
});

test('what was spent before a crash still counts against its budget, by run too', async (t) => {
  const stage = await openCostStage(t);
  const run = 'c'.repeat(32);
  await stage.budget({ name: 'day', period: 'day', limit: { tokens: 3_000 } });
  await stage.budget({ name: 'run', period: 'run', limit: { tokens: 2_000 } });
  await stage.call({ run, usage: { tokens: { input: 950 } } });
  await stage.crash();
  assert.equal(stage.workspace.budgets.list()[0]?.now?.spent, '950', 'from the log alone');
  assert.equal(await stage.call({ run, usage: { tokens: { input: 1 } } }), 'budget_exhausted');
  await sumsWith(stage, 'run', 1);
  await stage.crash();
  assert.equal(stage.workspace.budgets.list()[0]?.now?.spent, '950', 'from the sums alone');
  assert.equal(await stage.call({ run, usage: { tokens: { input: 1 } } }), 'budget_exhausted');
  assert.notEqual(await stage.call({ usage: { tokens: { input: 1 } } }), 'budget_exhausted');
});

test('until what was spent before is known, no budget lets anything pass', async (t) => {
  const stage = await openCostStage(t);
  await stage.budget({ name: 'day', period: 'day', limit: { money: '1' } });
  stage.log.available = false;
  const crashed = stage.crash();
  await waitUntil(() => 'code' in stage.reserve(), { timeoutMs: 5_000, intervalMs: 2 });
  const refusal = stage.reserve();
  assert.ok('code' in refusal);
  assert.match(refusal.message, /still being added up/);
  assert.ok(!('code' in stage.reserve({ request: { operation: 'other' } })));
  stage.log.available = true;
  await crashed;
  assert.ok(!('code' in stage.reserve()));
});

test('only dollars, whole days in UTC, and hosts of plain calls not by name', () => {
  const event = (more: Partial<EventResource>): EventResource => ({
    ...{ seq: 1, id: 'e', workspace: 'default', kind: 'egress.call', status: 'ok' },
    ...{ time: '2026-01-31T23:59:59.999999999Z', recorded: '2026-02-01T00:00:00Z' },
    ...{ actor: serviceEventActor('egress') },
    ...more,
  });
  const cost = { amount: '1.50', prices: 'x' };
  assert.equal(ledgerEntry(event({ cost: { ...cost, currency: 'USD' } }))?.amount, '1.5');
  assert.equal(ledgerEntry(event({ cost: { ...cost, currency: 'EUR' } }))?.amount, '0');
  assert.equal(ledgerEntry(event({}))?.day, '2026-01-31');
  assert.equal(ledgerEntry(event({ provider: 'a.example.com' }))?.provider, '');
  assert.equal(ledgerEntry(event({ provider: 'p', tool: 't' }))?.provider, 'p');
  assert.equal(ledgerEntry(event({ kind: 'gateway.call' })), undefined);
});

test('names without end become one row, and nothing is lost', () => {
  const limit = new KeyLimit();
  const rows = Array.from({ length: 2_000 }, (_, index) =>
    limit.bound({
      ...{ day: '2026-01-01', agent: 'desk', run: '', provider: 'p', model: `m${index}`, tool: '' },
      ...{ calls: 1, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
      ...{ reasoningTokens: 0, amount: '1', unpriced: 0, usageMissing: 0 },
    }),
  );
  assert.equal(rows.length, 2_000);
  assert.equal(new Set(rows.map(({ model }) => model)).size, 501);
  assert.equal(rows.at(-1)?.model, OTHERS);
});
