import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import { createStore, type EgressRuleRow } from './store.ts';

async function openStore(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'swarm-store-'));
  const store = await createStore({ path: join(folder, 'x.sqlite'), log: silentLogger });
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  return store.egressRules;
}

const row = (more: Partial<EgressRuleRow> = {}): EgressRuleRow => ({
  id: 'egr_1',
  workspaceId: 'default',
  agent: 'desk',
  rule: { host: 'api.example.com', ports: [443], methods: ['GET'], intercept: true },
  createdAtMs: 1,
  createdBy: 'root',
  ...more,
});

test('rules come back as they were, oldest first, and go one by one', async (t) => {
  const store = await openStore(t);
  const [first, second] = [row(), row({ id: 'egr_2', agent: 'crew' })];
  await store.insertRule(second);
  await store.insertRule(first);
  assert.deepEqual(await store.rules(), [first, second]);
  await store.removeRule({ workspaceId: 'other', id: 'egr_1' });
  await store.removeRule({ workspaceId: 'default', id: 'egr_2' });
  assert.deepEqual(await store.rules(), [first]);
  await assert.rejects(store.insertRule(first));
});

test('a mode is set again, and goes with the agent', async (t) => {
  const store = await openStore(t);
  const mode = { workspaceId: 'default', agent: 'desk', updatedAtMs: 1, updatedBy: 'root' };
  await store.putMode({ ...mode, mode: 'audit' });
  await store.putMode({ ...mode, mode: 'enforce', updatedAtMs: 2 });
  assert.deepEqual(await store.modes(), [{ ...mode, mode: 'enforce', updatedAtMs: 2 }]);
  await store.insertRule(row());
  await store.insertRule(row({ id: 'egr_2', agent: 'crew' }));
  await store.removeAll({ workspaceId: 'default', agent: 'desk' });
  assert.deepEqual(await store.modes(), []);
  assert.deepEqual(
    (await store.rules()).map(({ agent }) => agent),
    ['crew'],
  );
});
