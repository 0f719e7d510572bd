import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import { createStore, type SecretRow, type SecretVersionRow } from './store.ts';

async function openStore(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'swarm-store-'));
  const store = await createStore({ path: join(folder, 'x.sqlite'), log: silentLogger });
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  return store;
}

const KEY = { workspaceId: 'default', agent: null, name: 'API_KEY' } as const;

const secret = (more: Partial<SecretRow> = {}): SecretRow => ({
  ...KEY,
  mode: 'placeholder',
  hosts: ['api.example.com'],
  headers: ['authorization'],
  allowHttp: false,
  version: 1,
  createdAtMs: 1,
  updatedAtMs: 1,
  updatedBy: 'root',
  lastUsedAtMs: null,
  deletedAtMs: null,
  ...more,
});

const version = (more: Partial<SecretVersionRow> = {}): SecretVersionRow => ({
  ...KEY,
  version: 1,
  envelope: 'sealed',
  createdAtMs: 1,
  createdBy: 'root',
  endedAtMs: null,
  lastUsedAtMs: null,
  ...more,
});

test('a secret takes the place of the same one, and of no other', async (t) => {
  const { secrets } = await openStore(t);
  const ofAgent = secret({ agent: 'desk', mode: 'inject', hosts: [] });
  const elsewhere = secret({ workspaceId: 'other' });
  for (const row of [elsewhere, ofAgent, secret()]) await secrets.put(row);
  const changed = secret({ version: 2, allowHttp: true, headers: ['x-api-key', 'api-key'] });
  await secrets.put(changed);
  assert.deepEqual(await secrets.all(), [changed, ofAgent, elsewhere]);
  assert.deepEqual(await secrets.find(ofAgent), ofAgent);
});

test('one that is deleted is listed no more, and keeps its number', async (t) => {
  const { secrets } = await openStore(t);
  const deleted = secret({ version: 7, deletedAtMs: 5 });
  await secrets.put(deleted);
  assert.deepEqual(await secrets.all(), []);
  assert.deepEqual(await secrets.find(KEY), deleted);
  assert.equal(await secrets.find({ ...KEY, name: 'OTHER' }), undefined);
});

test('versions come newest first, and only ended ones are erased', async (t) => {
  const { secrets } = await openStore(t);
  for (const number of [1, 2, 3]) await secrets.insertVersion(version({ version: number }));
  await secrets.insertVersion(version({ agent: 'desk', endedAtMs: 30 }));
  await assert.rejects(secrets.insertVersion(version({ version: 3 })));
  assert.equal(await secrets.hasEndedEnvelopes(), true);
  await secrets.endVersion(KEY, { version: 1, atMs: 10 });
  await secrets.endVersion(KEY, { version: 2, atMs: 20 });
  assert.equal(await secrets.eraseEnvelopes(10), 1);
  assert.deepEqual(
    (await secrets.versions(KEY)).map((row) => [row.version, row.envelope, row.endedAtMs]),
    [
      [3, 'sealed', null],
      [2, 'sealed', 20],
      [1, null, 10],
    ],
  );
  await secrets.removeVersions(KEY, 2);
  assert.deepEqual(
    (await secrets.versions(KEY)).map((row) => row.version),
    [3, 2],
    'only what is erased',
  );
  assert.equal(await secrets.eraseEnvelopes(30), 2);
  assert.equal(await secrets.eraseEnvelopes(30), 0);
  assert.equal(await secrets.hasEndedEnvelopes(), false);
});

test('an envelope that is erased is in no file of the database any more', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'swarm-store-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'x.sqlite');
  const inFiles = (text: string) =>
    readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(text));
  const store = await createStore({ path, log: silentLogger });
  // One that fits into a page and one that does not.
  for (const [number, length] of [1, 9_000].entries())
    await store.secrets.insertVersion(
      version({ version: number + 1, envelope: `planted-${number}-${'x'.repeat(length)}-end` }),
    );
  assert.ok(inFiles('planted-0-') && inFiles('planted-1-') && inFiles('xx-end'));
  for (const number of [1, 2]) await store.secrets.endVersion(KEY, { version: number, atMs: 1 });
  await store.secrets.eraseEnvelopes(1);
  await store.close();
  assert.ok(!inFiles('planted-') && !inFiles('xx-end'));
});

test('a use is kept with the version and the secret', async (t) => {
  const { secrets } = await openStore(t);
  await secrets.put(secret({ version: 2 }));
  for (const number of [1, 2]) await secrets.insertVersion(version({ version: number }));
  await secrets.markUsed(KEY, { version: 2, atMs: 99 });
  await secrets.markUsed({ ...KEY, name: 'GONE' }, { version: 1, atMs: 99 });
  assert.equal((await secrets.find(KEY))?.lastUsedAtMs, 99);
  assert.deepEqual(
    (await secrets.versions(KEY)).map(({ lastUsedAtMs }) => lastUsedAtMs),
    [99, null],
  );
});

test('workspace keys are wrapped anew all together or not at all', async (t) => {
  const store = await openStore(t);
  const key = (workspaceId: string, rootKeyId: string) => ({
    ...{ workspaceId, rootKeyId, wrappedKey: `${workspaceId} by ${rootKeyId}`, createdAtMs: 1 },
  });
  const old = [key('a', 'old'), key('b', 'old')];
  for (const row of old) await store.secrets.putWorkspaceKey(row);
  const failing = store.transaction(async ({ secrets }) => {
    await secrets.putWorkspaceKey(key('a', 'new'));
    throw new Error('cut off');
  });
  await assert.rejects(failing, /cut off/);
  assert.deepEqual(await store.secrets.workspaceKeys(), old);
  await store.transaction(async ({ secrets }) => {
    for (const { workspaceId } of old) await secrets.putWorkspaceKey(key(workspaceId, 'new'));
  });
  assert.deepEqual(await store.secrets.workspaceKeys(), [key('a', 'new'), key('b', 'new')]);
});
