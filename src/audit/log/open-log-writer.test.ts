import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { waitUntil } from '../../base/wait.ts';
import { serviceEventActor } from '../../contracts/event-actor.ts';
import type { LogWriter, StoredEntry } from '../ports.ts';
import { openCheckpoint } from '../tree/checkpoint.ts';
import { inclusionProof } from '../tree/proofs.ts';
import { loadSigningKey } from '../tree/signing-key.ts';
import { tilesOf } from '../tree/tile-source.ts';
import { hashLeaf, hashNode } from '../tree/tree-hash.ts';
import { makeAuditFolder, testCall, testItem } from './log-fixture.ts';
import { openLogWriter } from './open-log-writer.ts';
import { segmentPath } from './segment-files.ts';
import { readFrames } from './segment-reader.ts';

async function openWriter(
  t: TestContext,
  dir: string,
  more: Partial<Parameters<typeof openLogWriter>[0]> = {},
): Promise<LogWriter> {
  const writer = await openLogWriter({ dir, log: silentLogger, ...more });
  t.after(() => writer.close());
  return writer;
}

function readAll(dir: string, writer: LogWriter, workspaceId = 'default'): StoredEntry[] {
  const to = writer.committed(workspaceId).end;
  const range = { from: { segment: 0, offset: 0 }, to };
  return [...readFrames(join(dir, workspaceId), range)].flatMap(({ entries }) => entries);
}

const entryOf = ({ leaf }: StoredEntry) => JSON.parse(leaf?.toString() ?? 'null');

test('what was acknowledged is there, in its order, each batch next to each other', async (t) => {
  const dir = makeAuditFolder(t);
  const writer = await openWriter(t, dir, { segmentBytes: 50_000 });
  const batches = Array.from({ length: 60 }, (_, b) =>
    Array.from({ length: 1 + (b % 7) }, (_, i) => testItem(`${b}/${i}`)),
  );
  const receipts = await Promise.all(batches.map((batch) => writer.append('default', batch)));
  const entries = readAll(dir, writer);
  assert.equal(entries.length, batches.flat().length);
  let seq = 0;
  for (const [b, batch] of receipts.entries())
    for (const [i, receipt] of batch.entries()) {
      assert.equal(receipt.seq, seq);
      const entry = entryOf(entries[seq] ?? assert.fail());
      assert.deepEqual([entry.attributes.name, entry.id], [`${b}/${i}`, receipt.id]);
      seq++;
    }
  assert.deepEqual(await writer.append('default', []), []);
});

test('bodies arrive with their event, also when many are sent at once', async (t) => {
  const dir = makeAuditFolder(t);
  const writer = await openWriter(t, dir);
  const calls = Array.from({ length: 20 }, (_, i) => testCall(`n${i}`, `body number ${i}`));
  await Promise.all(calls.map((call) => writer.append('default', [testItem('no body'), call])));
  const stored = readAll(dir, writer).filter(({ payload }) => payload !== undefined);
  assert.equal(stored.length, 20);
  for (const [i, { payload }] of stored.entries()) {
    const { request } = JSON.parse(payload?.subarray(32).toString() ?? '');
    assert.equal(Buffer.from(request.body, request.encoding).toString(), `body number ${i}`);
  }
});

test('a completion names its intent, and an intent is open', async (t) => {
  const dir = makeAuditFolder(t);
  const writer = await openWriter(t, dir);
  const [begun] = await writer.append('default', [
    testItem('x', { phase: 'intent', status: 'ok' }),
  ]);
  const { seq, id } = begun ?? assert.fail();
  await writer.append('default', [testItem('x', { phase: 'completion', intent: seq, id })]);
  const [intent, completion] = readAll(dir, writer).map(entryOf);
  assert.deepEqual([intent.status, intent.phase, intent.id], ['open', 'intent', id]);
  assert.deepEqual([completion.status, completion.intent, completion.id], ['ok', seq, id]);
});

test('who waits for a commit can read it when told', async (t) => {
  const dir = makeAuditFolder(t);
  const writer = await openWriter(t, dir);
  const told: number[] = [];
  const stop = writer.onCommitted((workspaceId, { size }) => {
    told.push(size);
    assert.equal(readAll(dir, writer, workspaceId).length, writer.committed(workspaceId).size);
  });
  const [receipt] = await writer.append('default', [testItem('one')]);
  assert.equal(writer.committed('default').size, (receipt?.seq ?? 0) + 1);
  await writer.append('default', [testItem('two')]);
  assert.ok(told.includes(2));
  stop();
  await writer.append('default', [testItem('three')]);
  assert.ok(!told.includes(3));
});

test('each workspace has a log of its own, and all are open again at the next start', async (t) => {
  const dir = makeAuditFolder(t);
  const first = await openLogWriter({ dir, log: silentLogger });
  await first.append('one', [testItem('a'), testItem('b')]);
  await first.append('two', [testItem('c')]);
  await first.close();
  const writer = await openWriter(t, dir);
  assert.equal(writer.committed('one').size, 2);
  assert.equal(writer.committed('two').size, 1);
  assert.equal(writer.committed('three').size, 0);
  assert.deepEqual(
    readAll(dir, writer, 'two').map((e) => entryOf(e).workspace),
    ['two'],
  );
});

test('a published checkpoint covers what is committed, and its tiles prove each entry', async (t) => {
  const dir = makeAuditFolder(t);
  const writer = await openWriter(t, dir);
  const items = Array.from({ length: 700 }, (_, i) => testItem(`n${i}`));
  await writer.append('default', items);
  const note = await writer.publish('default');
  assert.equal(readFileSync(join(dir, 'default', 'checkpoint'), 'utf8'), note);
  const key = loadSigningKey(dir).verifier;
  const checkpoint = openCheckpoint(note, { key, origin: `${key.name}/default` });
  assert.ok('size' in checkpoint);
  assert.equal(checkpoint.size, 700);
  const tiles = tilesOf(join(dir, 'default'));
  const entries = readAll(dir, writer);
  for (const seq of [0, 255, 256, 699]) {
    const proof = await inclusionProof(tiles, seq, 700);
    const leafHash = hashLeaf(entries[seq]?.leaf ?? assert.fail());
    assert.deepEqual(rootFromProof(leafHash, { seq, size: 700, proof }), checkpoint.root);
  }
  // Grown: the partial tiles of old stay readable until they are full, then the full one is.
  await writer.append('default', items);
  await writer.publish('default');
  assert.equal((await inclusionProof(tiles, 3, 700)).length, 10);
});

/** RFC 9162, 2.1.3.2. */
function rootFromProof(
  leafHash: Buffer,
  { seq, size, proof }: { seq: number; size: number; proof: readonly Buffer[] },
): Buffer {
  let [fn, sn, root] = [seq, size - 1, leafHash];
  for (const node of proof) {
    if (fn % 2 === 1 || fn === sn) {
      root = hashNode(node, root);
      while (fn % 2 === 0 && fn > 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else root = hashNode(root, node);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return root;
}

test('the checkpoint is published by itself soon after a commit', async (t) => {
  const dir = makeAuditFolder(t);
  const writer = await openWriter(t, dir, { publishAfterMs: 20 });
  await writer.append('default', [testItem('one')]);
  const file = join(dir, 'default', 'checkpoint');
  const published = await waitUntil(
    () =>
      readdirSync(join(dir, 'default')).includes('checkpoint') &&
      /\n1\n/.test(readFileSync(file, 'utf8')),
    { timeoutMs: 10_000 },
  );
  assert.equal(published, true);
});

test('erasing goes on beside appends, and readers find zeros', async (t) => {
  const dir = makeAuditFolder(t);
  const writer = await openWriter(t, dir);
  await writer.append(
    'default',
    Array.from({ length: 10 }, (_, i) => testCall(`n${i}`, 'body')),
  );
  const erasing = writer.erase('default', { what: 'events', ranges: [[2, 4]] });
  const appends = Array.from({ length: 30 }, (_, i) =>
    writer.append('default', [testItem(`m${i}`)]),
  );
  await Promise.all([erasing, ...appends]);
  await writer.erase('default', {
    what: 'payloads',
    ranges: [
      [0, 1],
      [39, 39],
    ],
  });
  const entries = readAll(dir, writer);
  assert.equal(entries.length, 40);
  const erased = entries.filter(({ leaf }) => leaf === undefined).map(({ seq }) => seq);
  assert.deepEqual(erased, [2, 3, 4]);
  const gone = entries.filter(({ payload }) => payload === null).map(({ seq }) => seq);
  assert.deepEqual(gone, [0, 1, 2, 3, 4]);
  await assert.rejects(writer.erase('default', { what: 'events', ranges: [[0, 40]] }), {
    code: 'audit_erasure_invalid',
  });
});

test('bad events are refused alone', async (t) => {
  const dir = makeAuditFolder(t);
  const writer = await openWriter(t, dir);
  const large = testItem('x', { attributes: { text: 'x'.repeat(70_000) } });
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const results = await Promise.allSettled([
    writer.append('default', [testItem('a')]),
    writer.append('default', [testItem('b'), large]),
    writer.append('default', [testItem('c', { attributes: circular as never })]),
    writer.append('default', [testItem('d')]),
    writer.append('../outside', [testItem('e')]),
  ]);
  assert.deepEqual(
    results.map((r) => (r.status === 'fulfilled' ? r.value[0]?.seq : r.reason.code)),
    [0, 'audit_entry_too_large', 'audit_event_invalid', 1, 'audit_workspace_invalid'],
  );
  assert.deepEqual(
    readAll(dir, writer).map((e) => entryOf(e).attributes.name),
    ['a', 'd'],
  );
});

test('lines from outside are parsed on the thread, and a repeat is taken once', async (t) => {
  const dir = makeAuditFolder(t);
  const writer = await openWriter(t, dir);
  const lines = [1, 2, 3].map((n) => JSON.stringify({ id: `x${n}`, kind: 'program.step' }));
  const how = { format: 'ndjson', source: { actor: serviceEventActor('test') } } as const;
  const body = Buffer.from(`${lines.join('\n')}\nno json\n`);
  const [first, again] = await Promise.all([
    writer.ingest('default', body, how),
    writer.ingest('default', body, how),
  ]);
  assert.deepEqual([first?.accepted, first?.duplicates, first?.rejected], [3, 0, 1]);
  assert.deepEqual([again?.accepted, again?.duplicates, again?.rejected], [0, 3, 1]);
  assert.deepEqual(
    readAll(dir, writer).map((e) => entryOf(e).id),
    ['x1', 'x2', 'x3'],
  );
  assert.equal(body.length > 0 && body.toString().startsWith(lines[0] ?? '!'), true);
});

test('time is the clock’s', async (t) => {
  const dir = makeAuditFolder(t);
  const nowMs = Date.UTC(2030, 5, 1);
  const writer = await openWriter(t, dir, { clock: { nowMs: () => nowMs } });
  await writer.append('default', [testItem('a'), testItem('b', { time: '2029-01-01T00:00:00Z' })]);
  const [a, b] = readAll(dir, writer).map(entryOf);
  assert.deepEqual([a.time, a.recorded], ['2030-06-01T00:00:00.000Z', '2030-06-01T00:00:00.000Z']);
  assert.deepEqual([b.time, b.recorded], ['2029-01-01T00:00:00Z', '2030-06-01T00:00:00.000Z']);
});

test('a folder is open once', async (t) => {
  const dir = makeAuditFolder(t);
  const writer = await openWriter(t, dir);
  await assert.rejects(openLogWriter({ dir, log: silentLogger }), {
    ...{ code: 'audit_folder_locked', message: new RegExp(`pid ${process.pid}`) },
  });
  await writer.close();
  await (await openLogWriter({ dir, log: silentLogger })).close();
});

test('a folder that cannot be used is said at the start', async (t) => {
  const dir = makeAuditFolder(t);
  const file = join(dir, 'file');
  writeFileSync(file, '');
  await assert.rejects(openLogWriter({ dir: file, log: silentLogger }), {
    code: 'audit_folder_unusable',
  });
  writeFileSync(join(dir, 'key'), 'no key', { mode: 0o600 });
  await assert.rejects(openLogWriter({ dir, log: silentLogger }), { code: 'audit_key_invalid' });
});

test('after close nothing is taken, and what was sent before is there', async (t) => {
  const dir = makeAuditFolder(t);
  const writer = await openWriter(t, dir);
  const last = writer.append('default', [testItem('last')]);
  await writer.close();
  assert.equal((await last)[0]?.seq, 0);
  assert.equal(writer.state().available, false);
  await assert.rejects(writer.append('default', [testItem('late')]), { code: 'audit_unavailable' });
  assert.match(readFileSync(join(dir, 'default', 'checkpoint'), 'utf8'), /\n1\n/);
});

test('a damaged log is unavailable and says where; others go on', async (t) => {
  const dir = makeAuditFolder(t);
  const first = await openLogWriter({ dir, log: silentLogger });
  await first.append('broken', [testItem('a')]);
  await first.append('whole', [testItem('a')]);
  await first.close();
  const file = segmentPath(join(dir, 'broken'), 0);
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
  writeFileSync(file, bytes);
  const writer = await openWriter(t, dir);
  const state = writer.state();
  assert.ok(!state.available && state.reason.includes(file));
  await assert.rejects(writer.append('broken', [testItem('b')]), {
    code: 'audit_unavailable',
    message: /damaged: .*broken.* at byte \d+/,
    remedy: /swarm audit verify/,
  });
  assert.equal((await writer.append('whole', [testItem('b')]))[0]?.seq, 1);
  assert.deepEqual(readFileSync(file), bytes);
});

test('a torn tail is mended at the start, and that is an event', async (t) => {
  const dir = makeAuditFolder(t);
  const first = await openLogWriter({ dir, log: silentLogger });
  await first.append('default', [testItem('a')]);
  await first.close();
  const file = segmentPath(join(dir, 'default'), 0);
  const bytes = readFileSync(file);
  writeFileSync(file, Buffer.concat([bytes, Buffer.from('SWFR and then the power went')]));
  const writer = await openWriter(t, dir);
  const [, repaired] = readAll(dir, writer).map(entryOf);
  assert.equal(repaired.kind, 'audit.repaired');
  assert.deepEqual(repaired.attributes, { file, offset: bytes.length, bytes: 28, tiles: 0 });
  assert.equal(repaired.actor.id, 'service:audit');
  assert.deepEqual(writer.state(), { available: true });
});
