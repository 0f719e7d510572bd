import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, beforeEach, describe, it } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import { createStore, type MachineRow, type SlotRow, type Store } from './store.ts';

const folder = mkdtempSync(join(tmpdir(), 'swarm-store-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newPath = () => join(folder, `${++files}.sqlite`);

const machine: MachineRow = {
  id: 'mch_1',
  workspaceId: 'default',
  agentId: 'agt_1',
  revision: 1,
  generation: 1,
  replica: 0,
  state: 'starting',
  reason: null,
  onHost: true,
  exit: null,
  createdAtMs: 1,
  startedAtMs: null,
  healthyAtMs: null,
  endedAtMs: null,
};

const slot: SlotRow = {
  workspaceId: 'default',
  agentId: 'agt_1',
  generation: 1,
  replica: 0,
  state: 'running',
  failures: 0,
  restarts: 0,
  nextStartAtMs: null,
  reason: null,
  failure: null,
};

const revision = {
  workspaceId: 'default',
  agentId: 'agt_1',
  imageOrigin: 'test',
  imageConfig: { cmd: ['x'] },
  // Only a real configuration would be longer; the store does not look into it.
  config: { env: {} } as never,
  source: { type: 'image', reference: 'x' } as const,
  contentHash: 'h',
  createdAtMs: 1,
  createdBy: 'root',
};

/** Every dialect passes the same tests. */
const dialects = {
  sqlite: () => createStore({ path: newPath(), log: silentLogger }),
};

for (const [name, open] of Object.entries(dialects))
  describe(`store on ${name}`, () => {
    let store: Store;
    beforeEach(async (context) => {
      store = await open();
      if ('after' in context) context.after(() => store.close());
    });
    const insertAgent = (id = 'agt_1', agent = 'one') =>
      store.agents.insert({ id, workspaceId: 'default', name: agent, replicas: 2, nowMs: 5 });

    it('keeps an agent and changes only what is asked', async () => {
      await insertAgent();
      await store.agents.update('agt_1', {
        target: { revision: 1, generation: 3, replicas: 5 },
        nowMs: 6,
      });
      await store.agents.update('agt_1', { replicas: 4, nowMs: 7 });
      const row = await store.agents.findByName('default', 'one');
      assert.deepEqual(row?.target, { revision: 1, generation: 3, replicas: 5 });
      assert.equal(row?.active, null);
      assert.equal(row?.replicas, 4);
      assert.equal(row?.updatedAtMs, 7);
      await store.agents.update('agt_1', { target: null, deleting: true, nowMs: 8 });
      const again = await store.agents.find('agt_1');
      assert.equal(again?.target, null);
      assert.equal(again?.deleting, true);
    });

    it('has each name once in a workspace', async () => {
      await insertAgent();
      await assert.rejects(insertAgent('agt_2'));
      await store.agents.insert({
        id: 'agt_3',
        workspaceId: 'other',
        name: 'one',
        replicas: 1,
        nowMs: 1,
      });
      assert.equal((await store.agents.list('default')).length, 1);
      assert.equal((await store.agents.listAll()).length, 2);
    });

    it('refuses a move of a machine from a state it is not in', async () => {
      await insertAgent();
      await store.machines.insert(machine);
      const healthy = { from: ['starting'], state: 'healthy', healthyAtMs: 9 } as const;
      assert.equal(await store.machines.change('mch_1', healthy), true);
      assert.equal(await store.machines.change('mch_1', healthy), false);
      const exit = { exitCode: 1, signal: null, oomKilled: false };
      await store.machines.change('mch_1', { from: ['healthy'], state: 'failed', exit });
      assert.deepEqual((await store.machines.find('mch_1'))?.exit, exit);
      await store.machines.change('mch_1', { from: ['failed'], onHost: false });
      assert.deepEqual(await store.machines.listOnHost(), []);
      assert.equal((await store.machines.listOf('agt_1')).length, 1);
    });

    it('puts a slot once or again', async () => {
      await insertAgent();
      await store.slots.put(slot);
      await store.slots.put({ ...slot, failures: 2, state: 'waiting', nextStartAtMs: 44 });
      const rows = await store.slots.listOf('agt_1');
      assert.deepEqual(rows, [{ ...slot, failures: 2, state: 'waiting', nextStartAtMs: 44 }]);
      await store.slots.remove({ agentId: 'agt_1', generation: 1 });
      assert.deepEqual(await store.slots.listOf('agt_1'), []);
    });

    it('undoes a whole transaction when its work throws', async () => {
      await assert.rejects(
        store.transaction(async (tables) => {
          await tables.agents.insert({
            id: 'agt_1',
            workspaceId: 'default',
            name: 'one',
            replicas: 1,
            nowMs: 1,
          });
          throw new Error('on purpose');
        }),
        /on purpose/,
      );
      assert.equal(await store.agents.find('agt_1'), undefined);
    });

    it('claims the active, the target and the newest images', async () => {
      await insertAgent();
      for (let number = 1; number <= 5; number++)
        await store.revisions.insert({
          ...revision,
          id: `rev_${number}`,
          number,
          imageDigest: `sha256:${number}`,
        });
      await store.agents.update('agt_1', {
        active: { revision: 1, generation: 1 },
        target: { revision: 2, generation: 2, replicas: 1 },
        lastRevision: 5,
        nowMs: 1,
      });
      assert.deepEqual([...(await store.revisions.usedDigests({ keep: 2 }))].sort(), [
        'sha256:1',
        'sha256:2',
        'sha256:4',
        'sha256:5',
      ]);
      assert.equal((await store.revisions.newest('agt_1'))?.number, 5);
      const page = await store.revisions.list('agt_1', { limit: 2, before: 4 });
      assert.deepEqual(
        page.map(({ number }) => number),
        [3, 2],
      );
      assert.deepEqual(page[0]?.imageConfig, { cmd: ['x'] });
    });

    it('keeps the newest events of a deployment, in order, once each', async () => {
      const id = 'dpl_1';
      await store.deployments.insert({
        id,
        workspaceId: 'default',
        agentId: 'agt_1',
        agentName: 'one',
        kind: 'deploy',
        state: 'running',
        step: null,
        fromRevision: null,
        toRevision: null,
        generation: null,
        createsAgent: true,
        request: { a: 1 },
        error: null,
        createdAtMs: 1,
        finishedAtMs: null,
        createdBy: 'root',
      });
      const event = (seq: number) =>
        ({ type: 'log', seq, time: '2026-01-01T00:00:00.000Z', from: 'build', text: 'x' }) as const;
      const deployment = { id, workspaceId: 'default' };
      await store.deployments.appendEvents(deployment, [event(1), event(2), event(3)]);
      await store.deployments.appendEvents(deployment, [event(3), event(4)]);
      await store.deployments.trimEvents(id, { keep: 3 });
      const events = await store.deployments.events(id, { afterSeq: 2, limit: 10 });
      assert.deepEqual(
        events.map(({ seq }) => seq),
        [3, 4],
      );
      assert.equal((await store.deployments.unfinished()).length, 1);
      await store.deployments.update(id, { state: 'failed', finishedAtMs: 9 });
      await store.deployments.prune({ endedBeforeMs: 10 });
      assert.equal(await store.deployments.find('default', id), undefined);
    });

    it('gives an idempotency key to one request', async () => {
      const key = { workspaceId: 'default', principalId: 'p', key: 'k' };
      const request = { requestHash: 'h', nowMs: 1, expiresAtMs: 100 };
      assert.equal((await store.idempotency.claim(key, request)).type, 'claimed');
      assert.equal((await store.idempotency.claim(key, request)).type, 'under_way');
      await store.idempotency.finish(key, { status: 202, response: '{}' });
      assert.deepEqual(await store.idempotency.claim(key, request), {
        type: 'answered',
        status: 202,
        response: '{}',
      });
      const other = await store.idempotency.claim(key, { ...request, requestHash: 'i' });
      assert.equal(other.type, 'other_request');
      const later = await store.idempotency.claim(key, { ...request, nowMs: 100 });
      assert.equal(later.type, 'claimed');
    });

    it('finds a token by the hash of its secret', async () => {
      await store.principals.ensure({
        id: 'p',
        workspaceId: 'default',
        kind: 'human',
        name: 'root',
        createdAtMs: 1,
      });
      const token = {
        id: 'tok_1',
        workspaceId: 'default',
        principalId: 'p',
        name: 'first',
        secretSha256: 'ab',
        scopes: ['admin'],
        createdAtMs: 1,
        expiresAtMs: null,
        revokedAtMs: null,
        lastUsedAtMs: null,
      };
      await store.tokens.insert(token);
      assert.deepEqual(await store.tokens.findBySecret('ab'), token);
      const revoke = { workspaceId: 'default', id: 'tok_1' };
      assert.equal(await store.tokens.revoke({ ...revoke, nowMs: 7 }), true);
      assert.equal(await store.tokens.revoke({ ...revoke, nowMs: 8 }), true);
      assert.equal((await store.tokens.findBySecret('ab'))?.revokedAtMs, 7);
      assert.equal(await store.tokens.revoke({ ...revoke, id: 'tok_2', nowMs: 8 }), false);
    });
  });

describe('the database file', () => {
  it('is read again by the next process', async () => {
    const path = newPath();
    const first = await createStore({ path, log: silentLogger });
    await first.agents.insert({
      id: 'a',
      workspaceId: 'default',
      name: 'one',
      replicas: 1,
      nowMs: 1,
    });
    await first.close();
    const second = await createStore({ path, log: silentLogger });
    assert.equal((await second.agents.list('default')).length, 1);
    await second.close();
  });

  it('is refused when a newer version wrote it', async () => {
    const path = newPath();
    await (await createStore({ path, log: silentLogger })).close();
    const raw = new DatabaseSync(path);
    raw.exec("INSERT INTO kysely_migration VALUES ('9999-future', '2030-01-01T00:00:00Z')");
    raw.close();
    await assert.rejects(createStore({ path, log: silentLogger }), {
      code: 'store_newer',
      message: /9999-future/,
    });
  });

  it('is refused when it is no database', async () => {
    const path = newPath();
    writeFileSync(path, 'this is not a database, however long it may be '.repeat(100));
    await assert.rejects(createStore({ path, log: silentLogger }), { code: 'store_corrupt' });
  });

  it('is read by its owner only, also one that an earlier version made', async () => {
    const path = newPath();
    writeFileSync(path, '', { mode: 0o644 });
    const store = await createStore({ path, log: silentLogger });
    await store.tokens.markUsed('tok_1', 1);
    for (const file of [path, `${path}-wal`, `${path}-shm`])
      assert.equal(statSync(file).mode & 0o777, 0o600, file);
    await store.close();
  });

  const skip = process.getuid?.() === 0 ? false : 'mounting a small file system needs root';
  it('says that the disk is full, inside a transaction too, and goes on once it is not', {
    skip,
  }, async (t) => {
    const small = mkdtempSync(join(tmpdir(), 'swarm-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small]);
    let store: Store | undefined;
    t.after(async () => {
      await store?.close();
      execFileSync('umount', [small]);
      rmSync(small, { recursive: true });
    });
    store = await createStore({ path: join(small, 'x.sqlite'), log: silentLogger });
    const { transaction, principals } = store;
    const insert = (id: string) =>
      transaction((tables) =>
        tables.principals.ensure({
          ...{ id, workspaceId: 'default', kind: 'service', createdAtMs: 1 },
          name: 'x'.repeat(1_000),
        }),
      );
    assert.throws(() => writeFileSync(join(small, 'ballast'), Buffer.alloc(4_000_000)));
    const fill = async () => {
      for (let i = 0; i < 10_000; i++) await insert(`prn_${i}`);
    };
    await assert.rejects(fill(), { code: 'store_full' });
    rmSync(join(small, 'ballast'));
    await insert('prn_after');
    assert.ok((await principals.list('default')).some(({ id }) => id === 'prn_after'));
  });

  it('is refused when its folder is not there', async () => {
    const path = join(folder, 'missing', 'x.sqlite');
    await assert.rejects(createStore({ path, log: silentLogger }), { code: 'store_unavailable' });
  });
});
