import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CostReport } from '../../../contracts/cost.ts';
import { recentSpending } from './recent-spending.ts';

const tokens = { input: 1, output: 2, cacheRead: 3, cacheWrite: 4, reasoning: 5 };
const sums = { calls: 1, tokens, unpriced: 0, usageMissing: 0 };
const report: CostReport = {
  ...{ by: 'model', since: '2026-11-20', until: '2026-11-21', currency: 'USD' },
  ...{ truncated: false, complete: true, totals: { ...sums, amount: '5.5' } },
  rows: [
    { ...sums, key: 'm', provider: 'openai', amount: '4' },
    { ...sums, key: 'machine-time', provider: 'swarm', amount: '1.5' },
  ],
};
const nowMs = Date.parse('2026-11-21T12:00:00Z');

test('machine time counts against no budget; tokens of every class do', () => {
  const overMs = 36 * 3_600_000;
  assert.deepEqual(recentSpending({ limit: { money: '9' } }, { report, nowMs }), {
    spent: 4,
    overMs,
  });
  assert.deepEqual(recentSpending({ limit: { tokens: 9 } }, { report, nowMs }), {
    spent: 15,
    overMs,
  });
});
