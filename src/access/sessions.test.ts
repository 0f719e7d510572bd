import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import { waitUntil } from '../base/wait.ts';
import { createStore, type Store } from '../store/store.ts';
import { openSessions, SESSION_IDLE_MS, SESSION_LONGEST_MS, type Sessions } from './sessions.ts';

const TOKEN = 'tok_1';
let home: string;
let nowMs = 0;
let tokens: Map<string, { expiresAtMs: number | null }>;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'swarm-sessions-'));
  nowMs = 1_000_000_000;
  tokens = new Map([[TOKEN, { expiresAtMs: null }]]);
});
afterEach(async () => {
  mock.timers.reset();
  await rm(home, { recursive: true, force: true });
});

/** What swarmd does at its start; then `use`; then its end. */
async function start<T>(use: (sessions: Sessions, store: Store) => Promise<T>): Promise<T> {
  const store = await createStore({ path: join(home, 'swarm.db'), log: silentLogger });
  try {
    const clock = { nowMs: () => nowMs };
    const tokenOf = (id: string) => tokens.get(id);
    return await use(await openSessions({ store: store.sessions, clock, tokenOf }), store);
  } finally {
    await store.close();
  }
}

const create = (sessions: Sessions) =>
  sessions.create({ tokenId: TOKEN, endsByMs: undefined, client: 'browser', address: '::1' });

test('a session holds over a restart, and one that was ended stays so', async () => {
  const [kept, ended] = await start(async (sessions) => {
    const both = [await create(sessions), await create(sessions)] as const;
    await sessions.end(both[1].record);
    return both;
  });
  await start(async (sessions) => {
    const record = sessions.verify([kept.cookie], kept.headerToken);
    assert.equal(record.id, kept.record.id);
    assert.throws(() => sessions.verify([ended.cookie], ended.headerToken), /was ended at/);
    assert.deepEqual(
      sessions.live().map(({ id }) => id),
      [kept.record.id],
    );
  });
});

test('when it was last used is known after a restart', async () => {
  const made = await start(async (sessions, store) => {
    const session = await create(sessions);
    nowMs += SESSION_IDLE_MS - 1;
    sessions.verify([session.cookie], session.headerToken);
    const stored = async () => (await store.sessions.list('default'))[0]?.lastUsedAtMs === nowMs;
    assert.ok(await waitUntil(stored, { timeoutMs: 10_000 }));
    return session;
  });
  nowMs += SESSION_IDLE_MS - 1;
  await start(async (sessions) => sessions.verify([made.cookie], made.headerToken));
  nowMs += SESSION_IDLE_MS;
  await start(async (sessions) =>
    assert.throws(() => sessions.verify([made.cookie], made.headerToken), /nobody used it/),
  );
});

test('nothing that is stored lets anybody in', async () => {
  await start(async (sessions) => {
    const made = await create(sessions);
    const stored = JSON.stringify({ ...made.record, over: undefined });
    const secret = made.cookie.split('.')[1] ?? '';
    assert.ok(!stored.includes(secret) && !stored.includes(made.headerToken));
  });
});

test('while an answer streams its session counts as used, and the stream ends when it does', async () => {
  await start(async (sessions) => {
    const { record } = await create(sessions);
    mock.timers.enable({ apis: ['setInterval'] });
    const done = sessions.follow(record.id);
    for (let passedMs = 0; passedMs < SESSION_LONGEST_MS; passedMs += SESSION_IDLE_MS / 2) {
      assert.equal(record.over.signal.aborted, false);
      nowMs += SESSION_IDLE_MS / 2;
      mock.timers.tick(30_000);
    }
    assert.equal(record.over.signal.aborted, true);
    done();
  });
});

test('a session ends when nothing is asked for and nothing streams', async () => {
  await start(async (sessions) => {
    const { record, cookie, headerToken } = await create(sessions);
    mock.timers.enable({ apis: ['setInterval'] });
    sessions.follow(record.id)();
    nowMs += SESSION_IDLE_MS;
    mock.timers.tick(60_000);
    assert.throws(() => sessions.verify([cookie], headerToken), /nobody used it/);
  });
});
