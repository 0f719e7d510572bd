/**
 * What the dashboard checks in the browser, on proofs of a real log: all that is right is found
 * right, and every change is found.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Audit, openAudit } from '../../src/audit/audit.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { DEFAULT_WORKSPACE as WORKSPACE } from '../../src/contracts/actor.ts';
import { serviceEventActor } from '../../src/contracts/event-actor.ts';
import type { EventKind } from '../../src/contracts/event-kinds.ts';
import { DEFAULT_PAYLOAD_POLICY } from '../../src/contracts/trail.ts';
import type { JsonObject } from '../../src/dashboard/audit-proof/proof-file.ts';
import type { Step } from '../../src/dashboard/audit-proof/steps.ts';
import {
  type Against,
  verifyCheckpoint,
} from '../../src/dashboard/audit-proof/verify-checkpoint.ts';
import { type EventToVerify, verifyEvent } from '../../src/dashboard/audit-proof/verify-event.ts';
import { createStore } from '../../src/store/store.ts';
import { makeAuditSample, proofOf } from './audit-sample.ts';

const EARLY = 20;
const LATE = 600;

interface World {
  readonly audit: Audit;
  readonly key: string;
  readonly early: string;
  readonly against: Against;
}
const undo: (() => Promise<void> | void)[] = [];
let world: World;

function call(id: string, text: string) {
  const captured = {
    policy: { ...DEFAULT_PAYLOAD_POLICY, policy: 'full' as const },
    request: { head: Buffer.from(text), totalBytes: Buffer.byteLength(text) },
  };
  const kind = 'gateway.call' as EventKind;
  const attributes = { path: '/invoke', 'né€😀': [1, 0.1, 1e21], '9': 1, '10': 2 };
  return { id, kind, actor: serviceEventActor('test'), agent: 'echo', attributes, captured };
}

before(async () => {
  const home = mkdtempSync(join(tmpdir(), 'swarm-dashboard-proof-'));
  undo.push(() => rmSync(home, { recursive: true, force: true }));
  const log = silentLogger;
  const store = await createStore({ path: join(home, 'swarm.db'), log });
  undo.push(() => store.close());
  const audit = await openAudit({ dir: join(home, 'audit'), store, log, clock: systemClock });
  undo.push(() => audit.close());
  const trail = audit.trail(WORKSPACE);
  const record = (count: number, prefix: string) =>
    Promise.all(
      Array.from({ length: count }, (_, i) =>
        trail.record(call(`${prefix}-${i}`, `{"said":"<b>${i}\\u202e"}`)),
      ),
    );
  await record(EARLY, 'early');
  const early = await audit.checkpoint(WORKSPACE);
  const begun = await trail.begin(call('two-parts', 'request'));
  await record(LATE, 'late');
  await begun.complete({
    status: 'error',
    error: { code: 'broke', message: 'it broke' },
    bytes: { in: 3, out: 4 },
    attributes: { statusCode: 500 },
    captured: { ...call('', '').captured, response: { head: Buffer.of(0xff), totalBytes: 1 } },
  });
  await trail.begin({ ...call('open', 'request') });
  await audit.checkpoint(WORKSPACE);
  await audit.search.caughtUp(WORKSPACE, audit.writer.committed(WORKSPACE).size, {
    timeoutMs: 30_000,
  });
  const key = (await audit.publicKey()).trim();
  const readTile = (path: string) => audit.publishedFile(WORKSPACE, path);
  const against = { key: { text: key, from: 'pinned' as const }, workspace: WORKSPACE, readTile };
  world = { audit, key, early, against };
});
after(async () => {
  for (const step of undo.reverse()) await step();
});

type Given = EventToVerify & { readonly shown: JsonObject };

async function given(id: string): Promise<Given> {
  const { audit, early, against } = world;
  const proof = JSON.stringify(await audit.prove(WORKSPACE, id));
  const shown = (await audit.search.get(WORKSPACE, id)) as unknown as JsonObject;
  return { proof, shown: structuredClone(shown), id, against: { ...against, kept: early } };
}

function failures(steps: readonly Step[]): string[] {
  return steps
    .filter(({ state }) => state === 'failed' || state === 'unchecked')
    .map(({ title, why }) => `${title}: ${why}`);
}

test('events of one entry and of two, early and late, are proven with all their steps', async () => {
  for (const id of ['early-0', 'early-19', 'late-0', 'late-599', 'two-parts', 'open']) {
    const told: Step[] = [];
    const { verdict, steps, checkpoint } = await verifyEvent(await given(id), (step) =>
      told.push(step),
    );
    assert.deepEqual(failures(steps), [], id);
    assert.equal(verdict, 'proven', id);
    assert.deepEqual(told, steps, 'each step is told as it ends');
    assert.equal(checkpoint, await world.audit.checkpoint(WORKSPACE));
    assert.equal(steps.filter(({ title }) => title.startsWith('Entry')).length % 3, 0);
    assert.ok(steps.every(({ state }) => state === 'ok' || (id === 'open' && state === 'note')));
  }
});

test('a key that the server gave itself is enough for a proof, and the step says what it is worth', async () => {
  const event = await given('late-7');
  const key = { text: world.key, from: 'server' as const };
  const { verdict, steps } = await verifyEvent(
    { ...event, against: { ...world.against, key } },
    () => undefined,
  );
  assert.equal(verdict, 'proven');
  assert.deepEqual([steps[0]?.state, steps.at(-1)?.state], ['note', 'skipped']);
});

test('every changed byte of a proof is found', async () => {
  const event = await given('two-parts');
  const small = { ...event, against: { ...event.against, kept: undefined } };
  const bytes = Buffer.from(event.proof);
  const missed: number[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    const proof = changed.toString('utf8');
    const { verdict } = await verifyEvent({ ...small, proof }, () => undefined);
    if (verdict !== 'wrong') missed.push(at);
  }
  assert.deepEqual(missed, []);
});

test('a proof that was made consistent after a change is still found out by what is signed', async () => {
  const event = await given('late-300');
  interface Loose {
    checkpoint: string;
    entries: { entry: Record<string, unknown>; payload: Record<string, unknown>; seq: number }[];
  }
  const changes: Readonly<Record<string, [(proof: Loose) => void, RegExp]>> = {
    'another actor': [
      ({ entries: [one] }) => one && Object.assign(one.entry, { agent: 'other' }),
      /leaf hash: .*not what was written/,
    ],
    'another content': [
      ({ entries: [one] }) => one && Object.assign(one.payload, { response: { body: 'x' } }),
      /content: .*not what the entry commits to/,
    ],
    'another place': [({ entries: [one] }) => one && Object.assign(one, { seq: 5 }), /tlog-proof/],
    'another size': [
      (proof) => {
        proof.checkpoint = proof.checkpoint.replace(/\n\d+\n/, '\n9999\n');
      },
      /tlog-proof/,
    ],
  };
  for (const [what, [change, why]] of Object.entries(changes)) {
    const proof = JSON.parse(event.proof) as Loose;
    change(proof);
    const { verdict, steps } = await verifyEvent(
      { ...event, proof: JSON.stringify(proof, null, 2) },
      () => undefined,
    );
    assert.equal(verdict, 'wrong', what);
    assert.match(failures(steps).join('\n'), why, what);
  }
});

test('what retention erased leaves its place proven, and the step says so', async () => {
  const { shown, ...event } = await given('late-8');
  const erased = (names: readonly string[], more: object) => {
    const proof = JSON.parse(event.proof) as { entries: Record<string, unknown>[] };
    proof.entries = proof.entries.map((entry) =>
      Object.fromEntries(
        Object.entries({ ...entry, ...more }).filter(([name]) => !names.includes(name)),
      ),
    );
    return JSON.stringify(proof);
  };
  const { content: _content, ...rest } = shown;
  const noContent = await verifyEvent(
    {
      ...{ ...event, shown: { ...rest, content: null } },
      proof: erased(['payloadSalt'], { payload: null }),
    },
    () => undefined,
  );
  assert.deepEqual([noContent.verdict, failures(noContent.steps)], ['proven', []]);
  const noEntry = await verifyEvent(
    { ...event, proof: erased(['entry', 'payload', 'payloadSalt'], {}) },
    () => undefined,
  );
  assert.equal(noEntry.verdict, 'proven');
  assert.match(noEntry.steps.find(({ state }) => state === 'note')?.why ?? '', /erased/);
});

test('what the server shows beside a right proof is compared with it', async () => {
  const event = await given('two-parts');
  const content = event.shown.content as JsonObject;
  const wrong: Readonly<Record<string, JsonObject>> = {
    status: { ...event.shown, status: 'ok' },
    attributes: { ...event.shown, attributes: { path: '/other' } },
    content: { ...event.shown, content: { ...content, request: { body: 'other' } } },
    agent: Object.fromEntries(Object.entries(event.shown).filter(([name]) => name !== 'agent')),
    cost: { ...event.shown, cost: { amount: '0', currency: 'USD', prices: 'p' } },
  };
  for (const [name, shown] of Object.entries(wrong)) {
    const { steps } = await verifyEvent({ ...event, shown }, () => undefined);
    assert.deepEqual(failures(steps), [
      `What is shown: The server shows something else than it proves: ${name}`,
    ]);
  }
  const other = await verifyEvent({ ...event, id: 'late-1' }, () => undefined);
  assert.match(failures(other.steps).join('\n'), /proof of another event: two-parts/);
});

test('a whole log of somebody else’s, and one that was cut off, are found by key and kept checkpoint', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'swarm-dashboard-fork-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const fork = await makeAuditSample(dir, { calls: 40 });
  const proof = JSON.stringify(await proofOf(fork, fork.twoPartId));
  const run = (against: Against) => verifyEvent({ proof, against }, () => undefined);
  const foreign = await run(world.against);
  assert.match(failures(foreign.steps).join('\n'), /is not signed by/);

  const key = { text: fork.key, from: 'pasted' as const };
  const readTile = async (path: string) => readFileSync(join(dir, WORKSPACE, path));
  const right = await run({ ...world.against, key, readTile });
  assert.equal(right.verdict, 'proven');
  const elsewhere = await run({ ...world.against, key, readTile, workspace: 'other' });
  assert.match(failures(elsewhere.steps).join('\n'), /of another log/);
  const twisted = await run({ ...world.against, key, kept: world.early, readTile });
  assert.match(failures(twisted.steps).join('\n'), /not signed by/);
});

test('the newest checkpoint goes on from an older one, and not the other way round', async () => {
  const { audit, against, early } = world;
  const newest = await audit.checkpoint(WORKSPACE);
  const check = (note: string, more: Partial<Against>) =>
    verifyCheckpoint(note, { against: { ...against, ...more }, told: () => undefined });
  const good = await check(newest, { kept: early });
  assert.deepEqual([good.verdict, failures(good.steps)], ['proven', []]);
  assert.match(good.steps.at(-1)?.value ?? '', /^20 → 62\d entries$/);
  assert.equal((await check(newest, { kept: newest })).verdict, 'proven');
  const cut = await check(early, { kept: newest });
  assert.match(failures(cut.steps).join('\n'), /now has 20: it was cut off/);
  const flip = async (path: string) => {
    const tile = Buffer.from((await audit.publishedFile(WORKSPACE, path)) ?? []);
    if (tile.length > 0) tile[tile.length - 1] = (tile[tile.length - 1] ?? 0) ^ 1;
    return tile.length === 0 ? undefined : tile;
  };
  const other = await check(newest, { kept: early, readTile: flip });
  assert.match(failures(other.steps).join('\n'), /changed below the checkpoint/);
  const gone = async () => {
    throw new Error('swarmd does not answer');
  };
  const unread = await check(newest, { kept: early, readTile: gone });
  assert.deepEqual([unread.verdict, unread.steps.at(-1)?.state], ['unproven', 'unchecked']);
});
