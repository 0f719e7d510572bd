import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import { createStore } from '../store/store.ts';
import { createAccess, ensureRootToken } from './access.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'swarm-root-token-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** What swarmd does at its start; then `use`; then its end. */
async function start(use: (access: Awaited<ReturnType<typeof createAccess>>) => Promise<void>) {
  const store = await createStore({ path: join(home, 'swarm.db'), log: silentLogger });
  try {
    const access = await createAccess({ store, clock: systemClock });
    await ensureRootToken(access, { path: join(home, 'token'), nowMs: Date.now() });
    await use(access);
  } finally {
    await store.close();
  }
}

test('a root token that was ended is replaced at the next start, and stays ended', async () => {
  await start(async (access) => {
    for (const record of access.records()) await access.revoke(record);
  });
  const ended = await readFile(join(home, 'token'), 'utf8');
  await start(async (access) => assert.equal(access.records().length, 1));
  assert.notEqual(await readFile(join(home, 'token'), 'utf8'), ended);
});
