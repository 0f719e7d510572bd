/** Retention over a real log, index and verifier. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runVerifier } from '../../scripts/torture/run-verifier.ts';
import { openAudit } from '../../src/audit/audit.ts';
import { isoTime, systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { DEFAULT_WORKSPACE } from '../../src/contracts/actor.ts';
import { serviceEventActor } from '../../src/contracts/event-actor.ts';
import type { EventKind } from '../../src/contracts/event-kinds.ts';
import { DEFAULT_PAYLOAD_POLICY } from '../../src/contracts/trail.ts';
import { createStore } from '../../src/store/store.ts';

const DAY_MS = 86_400_000;
const actor = serviceEventActor('test');
const by = { actor };
const workspace = DEFAULT_WORKSPACE;

async function openFolder(t: TestContext, home: string) {
  const log = silentLogger;
  const store = await createStore({ path: join(home, 'swarm.db'), log });
  const audit = await openAudit({ dir: join(home, 'audit'), store, log, clock: systemClock });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= audit.close().then(() => store.close());
    return closed;
  };
  t.after(close);
  const caughtUp = () =>
    audit.search.caughtUp(workspace, audit.writer.committed(workspace).size, {
      timeoutMs: 30_000,
    });
  return { audit, close, caughtUp, retention: audit.retention(workspace) };
}

const body = (text: string) => ({ head: Buffer.from(text), totalBytes: text.length });

const secretOf = (agent: string) => `the-secret-of-${agent}`;

function call(agent: string, daysAgo: number) {
  const time = isoTime(Date.now() - daysAgo * DAY_MS);
  const captured = {
    policy: { ...DEFAULT_PAYLOAD_POLICY, policy: 'full' as const },
    request: body(`{"said":"${secretOf(agent)}"}`),
  };
  const kind = 'gateway.call' as EventKind;
  return { kind, actor, agent, time, captured, id: `${agent}-${daysAgo}` };
}

test('what retention takes is gone from log and index, what is held stays, and every proof holds', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'swarm-retention-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const { audit, retention, caughtUp, close } = await openFolder(t, home);
  const trail = audit.trail(workspace);
  const agents = ['plain', 'held', 'own'];
  for (const agent of agents) for (const days of [40, 10, 1]) await trail.record(call(agent, days));
  const begun = await trail.begin({ ...call('open', 40), id: 'open-40' });
  const early = join(home, 'early');
  writeFileSync(early, await audit.checkpoint(workspace));

  await retention.set({ agent: null, keepPayloadsDays: 7, keepEventsDays: 30 }, by);
  await retention.set({ agent: 'own', keepPayloadsDays: null, keepEventsDays: null }, by);
  const placed = await retention.placeHold({ name: 'case-1', reason: 'asked', agent: 'held' }, by);
  assert.equal(placed.tooLate?.erasures, 0);
  const ran = await retention.run();
  assert.deepEqual([ran.eventsErased, ran.payloadsErased, ran.erasures], [1, 1, 2]);
  assert.equal((await retention.run()).erasures, 0, 'a second run finds nothing');

  await assert.rejects(audit.search.get(workspace, 'plain-40'), { code: 'event_not_found' });
  assert.equal((await audit.search.get(workspace, 'plain-10')).content, null);
  const kept = ['plain-1', 'held-40', 'held-10', 'own-40', 'own-10'];
  for (const id of kept)
    assert.ok((await audit.search.get(workspace, id)).content?.request, `${id} is kept`);
  assert.equal((await audit.search.get(workspace, 'open-40')).status, 'open');
  const found = await audit.search.list(workspace, { text: secretOf('plain') }, {});
  assert.deepEqual(
    found.items.map(({ id }) => id),
    ['plain-1'],
  );

  await begun.complete({ status: 'ok' });
  assert.equal((await retention.run()).eventsErased, 2, 'ended, so it goes: both halves');
  await audit.prove(workspace, 'plain-10');
  await audit.search.reindex(workspace);
  await caughtUp();
  await assert.rejects(audit.search.get(workspace, 'plain-40'), { code: 'event_not_found' });
  assert.equal((await audit.search.get(workspace, 'plain-10')).content, null);
  await close();

  const dir = join(home, 'audit');
  const verdict = await runVerifier(dir, { key: join(dir, 'key.pub'), checkpoint: early });
  assert.ok(verdict.ok, verdict.text);

  const again = await openFolder(t, home);
  assert.equal((await again.retention.run()).erasures, 0, 'nor does another swarmd');
  assert.deepEqual(
    (await again.retention.holds()).map(({ name }) => name),
    ['case-1'],
  );
  await again.retention.releaseHold('case-1', by);
  const released = await again.retention.run();
  assert.deepEqual([released.eventsErased, released.payloadsErased], [1, 1]);
  await again.close();
  assert.ok((await runVerifier(dir, { key: join(dir, 'key.pub'), checkpoint: early })).ok);
});
