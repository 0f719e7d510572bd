/** A session that ended while swarmd was away is told to the log when it is back, once. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { SESSION_IDLE_MS } from '../../src/access/sessions.ts';
import { waitUntil } from '../../src/base/wait.ts';
import { startSwarmdWithFakes } from './swarmd-with-fakes.ts';

const TIMEOUT_MS = 150_000;

test('a session that ended by itself is told by the next swarmd, and not by the one after', async (t) => {
  const swarmd = await startSwarmdWithFakes();
  t.after(() => swarmd.remove());

  const signIn = async (): Promise<string> => {
    const { code } = await swarmd.client.createSignInCode();
    const answer = await fetch(`${swarmd.client.connection.url}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    });
    assert.equal(answer.status, 201);
    return ((await answer.json()) as { id: string }).id;
  };
  const inDatabase = <T>(look: (database: DatabaseSync) => T): T => {
    const database = new DatabaseSync(join(swarmd.home, 'swarm.db'), { timeout: 10_000 });
    try {
      return look(database);
    } finally {
      database.close();
    }
  };
  /** The clock is the system's: so it is moved in what swarmd keeps of the session. */
  const idle = async (id: string) => {
    const move = 'update sessions set last_used_at_ms = last_used_at_ms - ? where id = ?';
    const { changes } = inDatabase((it) => it.prepare(move).run(SESSION_IDLE_MS, id));
    assert.equal(changes, 1);
    await swarmd.restart('SIGKILL');
  };
  const marked = (id: string) => {
    const look = 'select 1 from sessions where id = ? and ended_at_ms is not null';
    const isMarked = async () => inDatabase((it) => it.prepare(look).get(id)) !== undefined;
    return waitUntil(isMarked, { timeoutMs: TIMEOUT_MS });
  };
  const told = async (count: number) => {
    const found = await waitUntil(
      async () => {
        const { items } = await swarmd.client.events({ kind: 'session.expired' });
        return items.length >= count && items;
      },
      { timeoutMs: TIMEOUT_MS },
    );
    return (found || []).map(({ attributes }) => [
      attributes?.reason,
      (attributes?.before as { id?: string } | undefined)?.id,
    ]);
  };

  const [first, second, held] = [await signIn(), await signIn(), await signIn()];
  await idle(first);
  assert.deepEqual(await told(1), [['idle', first]]);
  // Killed before it is, swarmd would tell it again.
  assert.equal(await marked(first), true);
  await idle(second);
  assert.deepEqual(await told(2), [
    ['idle', second],
    ['idle', first],
  ]);
  const { items } = await swarmd.client.sessions();
  assert.deepEqual(
    items.map(({ id }) => id),
    [held],
  );
});
