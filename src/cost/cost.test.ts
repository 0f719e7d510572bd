import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCostStage } from './cost-stage.ts';

test('a call is priced, and stands in the sums with its tokens', async (t) => {
  const stage = await openCostStage(t);
  const tokens = { input: 1_000, cacheRead: 400, output: 80, reasoning: 20 };
  // 1,000 × 2.5 + 400 × 1.25 + 100 × 10, per million.
  assert.equal(await stage.call({ usage: { tokens } }), '0.004');
  await stage.settled();
  const report = await stage.workspace.report({ by: 'model' });
  assert.equal(report.totals.amount, '0.004');
  assert.deepEqual(report.rows, [
    {
      ...{ key: 'gpt-4o', provider: 'openai', calls: 1, amount: '0.004' },
      tokens: { ...tokens, cacheWrite: 0 },
      ...{ unpriced: 0, usageMissing: 0 },
    },
  ]);
});
