import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CostRow } from '../../../contracts/cost.ts';
import { rangeTerms, rowName, rowTerms, unpricedModels } from './cost-rows.ts';

const RANGE = { since: '2026-11-01', until: '2026-11-30' };
function row(key: string, given: Partial<CostRow> = {}): CostRow {
  const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  return { key, calls: 1, tokens, amount: '0', unpriced: 0, usageMissing: 0, ...given };
}

test('the last day is included, where search takes an end that is not', () => {
  const terms = { kind: 'egress.call', since: '2026-11-01', until: '2026-12-01' };
  assert.deepEqual(rangeTerms(RANGE), terms);
  assert.deepEqual(rowTerms(row('desk'), 'agent', RANGE), { ...terms, agent: 'desk' });
  assert.deepEqual(rowTerms(row('search'), 'tool', { ...RANGE, agent: 'desk' }), {
    ...{ ...terms, agent: 'desk', tool: 'search' },
  });
  assert.partialDeepStrictEqual(rowTerms(row('2026-11-30'), 'day', RANGE), {
    ...{ since: '2026-11-30', until: '2026-12-01' },
  });
});

test('a model is that of its provider, and machine time is no call', () => {
  const model = row('gpt-4o-mini', { provider: 'openai' });
  assert.equal(rowName(model, 'model'), 'openai/gpt-4o-mini');
  assert.partialDeepStrictEqual(rowTerms(model, 'model', RANGE), {
    ...{ model: 'gpt-4o-mini', provider: 'openai' },
  });
  const machines = row('machine-time', { provider: 'swarm' });
  assert.equal(rowName(machines, 'model'), 'machine time');
  assert.equal(rowTerms(machines, 'model', RANGE)?.kind, 'cost.machine_time');
});

test('what no term can say has no link that would show something else', () => {
  assert.equal(rowTerms(row(''), 'tool', RANGE), undefined);
  assert.equal(rowTerms(row('(others)'), 'tool', RANGE), undefined);
  assert.equal(rowTerms(row('a,b'), 'tool', RANGE), undefined);
  assert.equal(rowTerms(row('m', { provider: 'a,b' }), 'model', RANGE), undefined);
  assert.equal(rowName(row(''), 'run'), 'no run');
});

test('models without a price are those that were called', () => {
  const rows = [row('a', { unpriced: 2 }), row('b'), row('(others)', { unpriced: 1 })];
  assert.deepEqual(
    unpricedModels(rows).map(({ key }) => key),
    ['a'],
  );
});
