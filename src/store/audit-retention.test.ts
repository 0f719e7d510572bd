import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import { type AuditHoldRow, type AuditRetentionRow, createStore } from './store.ts';

async function openStore(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'swarm-store-'));
  const store = await createStore({ path: join(folder, 'x.sqlite'), log: silentLogger });
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  return store.auditRetention;
}

const setting = (more: Partial<AuditRetentionRow> = {}): AuditRetentionRow => ({
  workspaceId: 'default',
  agent: null,
  keepPayloadsDays: 7,
  keepEventsDays: null,
  updatedAtMs: 1,
  updatedBy: 'root',
  ...more,
});

const hold = (more: Partial<AuditHoldRow> = {}): AuditHoldRow => ({
  workspaceId: 'default',
  name: 'case-1',
  reason: 'asked for',
  agent: null,
  run: null,
  since: null,
  until: '2026-01-01T00:00:00.000000001Z',
  createdAtMs: 1,
  createdBy: 'root',
  ...more,
});

test('a setting takes the place of the same one, and of no other', async (t) => {
  const store = await openStore(t);
  const ofAgent = setting({ agent: 'echo', keepPayloadsDays: 0 });
  const elsewhere = setting({ workspaceId: 'other' });
  for (const row of [ofAgent, setting(), elsewhere]) await store.putSetting(row);
  const changed = setting({ keepPayloadsDays: null, keepEventsDays: 30, updatedAtMs: 2 });
  await store.putSetting(changed);
  assert.deepEqual(await store.settings('default'), [changed, ofAgent]);
  await store.removeSetting({ workspaceId: 'default', agent: null });
  assert.deepEqual(await store.settings('default'), [ofAgent]);
  assert.deepEqual(await store.settings('other'), [elsewhere]);
});

test('a hold is kept as it was placed, once a name', async (t) => {
  const store = await openStore(t);
  await store.insertHold(hold());
  await store.insertHold(hold({ workspaceId: 'other', agent: 'echo' }));
  await assert.rejects(store.insertHold(hold({ reason: 'again' })));
  assert.deepEqual(await store.holds('default'), [hold()]);
  await store.removeHold({ workspaceId: 'default', name: 'case-1' });
  assert.deepEqual(await store.holds('default'), []);
  assert.equal((await store.holds('other')).length, 1);
});

test('what was carried out is remembered by workspace', async (t) => {
  const store = await openStore(t);
  assert.equal(await store.erasedUpTo('default'), -1);
  await store.markErased('default', 7);
  await store.markErased('default', 9);
  assert.equal(await store.erasedUpTo('default'), 9);
  assert.equal(await store.erasedUpTo('other'), -1);
});
