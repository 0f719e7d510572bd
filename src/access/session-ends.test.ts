/** Sessions that nobody ends: the log is told of each, once, with why. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { isoTime } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import type { EventDraft } from '../contracts/trail.ts';
import { createStore, type Store } from '../store/store.ts';
import { type Access, createAccess, ensureRootToken } from './access.ts';
import { callerOf } from './caller.ts';
import { SESSION_IDLE_MS, SESSION_LONGEST_MS } from './sessions.ts';

const HOUR_MS = 3_600_000;
let home: string;
let nowMs = 0;
let told: EventDraft[];
let isAvailable: boolean;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'swarm-session-ends-'));
  nowMs = Date.parse('2026-06-01T00:00:00Z');
  told = [];
  isAvailable = true;
});
afterEach(() => rm(home, { recursive: true, force: true }));

const trail = {
  async record(draft: EventDraft) {
    if (!isAvailable) throw Object.assign(new Error('full'), { code: 'audit_unavailable' });
    told.push(draft);
  },
};
const reasons = () =>
  told.map(({ kind, attributes: { reason, before } = {} }) => {
    assert.equal(kind, 'session.expired');
    return [reason, (before as { id: string }).id];
  });

/** What swarmd does at its start; then `use`; then its end. */
async function start<T>(use: (access: Access, store: Store) => Promise<T>): Promise<T> {
  const store = await createStore({ path: join(home, 'swarm.db'), log: silentLogger });
  try {
    const access = await createAccess({ store, clock: { nowMs: () => nowMs } });
    await ensureRootToken(access, { path: join(home, 'token'), nowMs });
    return await use(access, store);
  } finally {
    await store.close();
  }
}

async function signIn(access: Access, tokenName = 'root') {
  const token = access.records().find(({ name }) => name === tokenName);
  assert.ok(token);
  const caller = callerOf(token);
  const grant = access.takeSignInCode(access.createSignInCode(caller).code);
  const { own, cookie } = await access.startSession(grant, { client: 'browser', address: '::1' });
  const headers = { cookie: `swarm_session=${cookie}`, 'swarm-session': own.headerToken };
  return { ...own, caller, cookie, headers };
}

test('one that nobody used is told once, with its name and never its secrets', async () => {
  const idle = await start(async (access) => {
    const made = await signIn(access);
    await access.tellEndedSessions(trail);
    nowMs += SESSION_IDLE_MS - 1;
    await access.tellEndedSessions(trail);
    assert.deepEqual(told, [], 'it holds');
    nowMs += 1;
    await access.tellEndedSessions(trail);
    await access.tellEndedSessions(trail);
    return made;
  });
  await start((access) => access.tellEndedSessions(trail));
  const [event] = told;
  assert.deepEqual(told, [
    {
      kind: 'session.expired',
      actor: { type: 'service', id: 'service:access', name: 'access', auth: 'internal' },
      attributes: {
        ...{ reason: 'idle', endedAt: isoTime(nowMs), after: null },
        before: {
          ...{ id: idle.id, name: 'root', token: idle.token },
          ...{ client: 'browser', address: '::1', expiresAt: idle.expiresAt },
        },
      },
    },
  ]);
  const text = JSON.stringify(event);
  for (const secret of [idle.headerToken, idle.cookie.split('.')[1] ?? idle.cookie])
    assert.ok(!text.includes(secret));
});

test('what ended while swarmd was away is told at its next start, also long after', async () => {
  const { id } = await start((access) => signIn(access));
  nowMs += 2 * SESSION_LONGEST_MS;
  await start(async (access, store) => {
    await signIn(access);
    await access.tellEndedSessions(trail);
    assert.deepEqual(reasons(), [['idle', id]]);
    assert.equal(
      told[0]?.attributes?.endedAt,
      isoTime(nowMs - 2 * SESSION_LONGEST_MS + SESSION_IDLE_MS),
    );
    await signIn(access);
    const kept = (await store.sessions.list('default')).map((row) => row.id);
    assert.ok(!kept.includes(id), 'then it is forgotten');
  });
});

test('each end says why: too old, its token expired, its token ended', async () => {
  await start(async (access) => {
    const { actor } = (await signIn(access)).caller;
    await access.create({ actor, name: 'ended', scopes: ['read'] });
    const expiresAt = isoTime(nowMs + HOUR_MS);
    await access.create({ actor, name: 'brief', scopes: ['read'], expiresAt });
    const [brief, ended] = [await signIn(access, 'brief'), await signIn(access, 'ended')];
    nowMs += HOUR_MS;
    await access.delete(actor, ended.token);
    await access.tellEndedSessions(trail);
    assert.deepEqual(reasons(), [
      ['token_expired', brief.id],
      ['token_ended', ended.id],
    ]);
    nowMs += SESSION_IDLE_MS;
    await access.tellEndedSessions(trail);
    told = [];

    const old = await signIn(access);
    const asked = { headers: { ...old.headers, host: 'x' } } as never;
    for (const startedMs = nowMs; nowMs < startedMs + SESSION_LONGEST_MS; nowMs += HOUR_MS)
      access.authenticate(asked);
    await access.tellEndedSessions(trail);
    assert.deepEqual(reasons(), [['too_old', old.id]]);
  });
});

test('the one that ends for a new one is told, too', async () => {
  await start(async (access) => {
    const first = await signIn(access);
    nowMs += 1;
    for (let n = 0; n < 100; n++) await signIn(access);
    await access.tellEndedSessions(trail);
    await access.tellEndedSessions(trail);
    assert.deepEqual(reasons(), [['too_many', first.id]]);
    assert.equal(told[0]?.attributes?.endedAt, isoTime(nowMs));
  });
});

test('one that somebody ended is not told again', async () => {
  await start(async (access) => {
    const made = await signIn(access);
    await access.endSession(made.caller, made.id);
    nowMs += SESSION_LONGEST_MS;
    await access.tellEndedSessions(trail);
    assert.deepEqual(told, []);
  });
});

test('while the log cannot be written it waits, and a clock that is set back brings none back', async () => {
  await start(async (access) => {
    const made = await signIn(access);
    nowMs += SESSION_IDLE_MS;
    isAvailable = false;
    await assert.rejects(access.tellEndedSessions(trail), { code: 'audit_unavailable' });
    isAvailable = true;
    await access.tellEndedSessions(trail);
    await access.tellEndedSessions(trail);
    assert.deepEqual(reasons(), [['idle', made.id]]);
    nowMs -= SESSION_IDLE_MS;
    const asked = { headers: { ...made.headers, host: 'x' } } as never;
    assert.throws(() => access.authenticate(asked), { code: 'session_ended' });
    assert.deepEqual(access.listSessions(made.caller), []);
  });
});
