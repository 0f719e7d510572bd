import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import { type BudgetRow, type CostRunRow, createStore } from './store.ts';

async function openStore(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'swarm-store-'));
  const store = await createStore({ path: join(folder, 'x.sqlite'), log: silentLogger });
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  return store;
}

const row = (more: Partial<CostRunRow> = {}): CostRunRow => ({
  ...{ day: '2026-01-31', agent: 'desk', run: '', provider: 'p', model: 'm', tool: '' },
  ...{ calls: 1, inputTokens: 2, outputTokens: 3, cacheReadTokens: 4, cacheWriteTokens: 5 },
  ...{ reasoningTokens: Number.MAX_SAFE_INTEGER, amount: '0.000000000000000001' },
  ...{ unpriced: 0, usageMissing: 1 },
  ...more,
});
const { run: _run, ...day } = row();

const budget: BudgetRow = {
  ...{ workspaceId: 'default', name: 'b', agent: null, period: 'day', limitMoney: '0.10' },
  ...{ limitTokens: null, thresholds: [50, 100], allowUnpriced: true },
  ...{ updatedAtMs: 1, updatedBy: 'root' },
};

test('sums are kept by key, digit by digit, and found by day and agent', async (t) => {
  const { cost } = await openStore(t);
  await cost.putDay('default', day);
  await cost.putDay('default', { ...day, calls: 9, amount: '1.10' });
  await cost.putDay('default', { ...day, day: '2026-02-01', agent: 'crew' });
  await cost.putDay('other', day);
  const changed = { ...day, calls: 9, amount: '1.10' };
  const range = { workspaceId: 'default', since: '2026-01-31' };
  assert.deepEqual(
    (await cost.days({ ...range, until: '2026-01-31' })).map(({ ...one }) => one),
    [changed],
  );
  assert.equal((await cost.days(range)).length, 2);
  assert.deepEqual(
    (await cost.days({ ...range, agent: 'crew' })).map((one) => one.day),
    ['2026-02-01'],
  );
  assert.equal((await cost.findDay('default', day))?.amount, '1.10');
  assert.equal(await cost.findDay('default', { ...day, tool: 'x' }), undefined);
  await cost.putRun('default', row({ run: 'r1' }));
  await cost.putRun('default', row({ run: 'r2', day: '2026-02-01' }));
  assert.deepEqual(
    (await cost.runs({ ...range, limit: 1 })).map(({ run }) => run),
    ['r2'],
    'the newest',
  );
  assert.equal((await cost.findRun('default', row({ run: 'r1' })))?.usageMissing, 1);
});

test('how far the log was read is kept with the sums, or neither is', async (t) => {
  const store = await openStore(t);
  assert.equal(await store.cost.watermark('default'), -1);
  const failed = store.transaction(async ({ cost }) => {
    await cost.putDay('default', day);
    await cost.setWatermark('default', 7);
    throw new Error('in the middle');
  });
  await assert.rejects(failed, /in the middle/);
  assert.equal(await store.cost.watermark('default'), -1);
  assert.equal(await store.cost.findDay('default', day), undefined);
  await store.cost.setWatermark('default', 7);
  await store.cost.setWatermark('default', 9);
  assert.equal(await store.cost.watermark('default'), 9);
});

test('budgets, prices and pauses are replaced by name and removed', async (t) => {
  const { cost } = await openStore(t);
  await cost.putBudget({ ...budget, limitMoney: '9' });
  await cost.putBudget(budget);
  assert.deepEqual(await cost.budgets('default'), [budget]);
  assert.deepEqual(await cost.budgets('other'), []);
  await cost.removeBudget('default', 'b');
  assert.deepEqual(await cost.budgets('default'), []);
  const list = { workspaceId: 'default', version: 'x@1', format: 'swarm', content: '{}' };
  await cost.putPriceList({ ...list, name: 'old', createdAtMs: 1, createdBy: 'root' });
  await cost.putPriceList({ ...list, name: 'new', createdAtMs: 2, createdBy: 'root' });
  await cost.putPriceList({ ...list, name: 'old', createdAtMs: 3, createdBy: 'root' });
  assert.deepEqual(
    (await cost.priceLists('default')).map(({ name }) => name),
    ['old', 'new'],
    'the newest first',
  );
  await cost.removePriceList('default', 'old');
  assert.equal((await cost.priceLists('default')).length, 1);
  const pause = { workspaceId: 'default', agent: 'desk', reason: '', pausedAtMs: 1, pausedBy: 'x' };
  await cost.putPause(pause);
  await cost.putPause({ ...pause, reason: 'why' });
  assert.deepEqual(await cost.pauses('default'), [{ ...pause, reason: 'why' }]);
  await cost.removePause('default', 'desk');
  assert.deepEqual(await cost.pauses('default'), []);
});
