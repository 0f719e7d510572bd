import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFile, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { createLogStore, type LogStore, type NewLine } from './log-store.ts';
import type { LogQuery } from './machines.ts';

let logsDir: string;
beforeEach(async () => {
  logsDir = await mkdtemp(join(tmpdir(), 'swarm-logs-'));
});
afterEach(() => rm(logsDir, { recursive: true }));

const line = (
  guestSeq: number,
  text = `line ${guestSeq}`,
  time = '2026-01-01T00:00:00Z',
): NewLine => ({
  guestSeq,
  time,
  stream: 'stdout',
  text,
  partial: false,
});
const lines = (from: number, to: number, text?: string) =>
  Array.from({ length: to - from + 1 }, (_, i) => line(from + i, text));

async function texts(store: LogStore, query: LogQuery = {}, machineId = 'm'): Promise<string[]> {
  const found: string[] = [];
  for await (const record of store.query(machineId, query)) found.push(record.text);
  return found;
}

test('goes on after a restart: nothing lost, nothing doubled', async () => {
  await createLogStore({ logsDir }).append('m', lines(1, 5));
  const again = createLogStore({ logsDir });
  assert.equal(await again.lastGuestSeq('m'), 5);
  await again.append('m', lines(3, 8));
  const seqs: number[] = [];
  for await (const record of again.query('m', {})) seqs.push(record.seq);
  assert.deepEqual(seqs, [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal((await texts(again)).at(-1), 'line 8');
});

const root = process.getuid?.() === 0 ? false : 'mounting a small file system needs root';
test('lines that a full disk did not take are taken once there is room', {
  skip: root,
}, async (t) => {
  const small = await mkdtemp(join(tmpdir(), 'swarm-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small]);
  t.after(async () => {
    execFileSync('umount', [small]);
    await rm(small, { recursive: true });
  });
  const store = createLogStore({ logsDir: small });
  await store.append('m', lines(1, 2, 'x'.repeat(1_000)));
  await assert.rejects(writeFile(join(small, 'ballast'), Buffer.alloc(1_000_000)));
  await assert.rejects(store.append('m', lines(3, 40, 'x'.repeat(1_000))), { code: 'ENOSPC' });
  await rm(join(small, 'ballast'));
  await store.append('m', lines((await store.lastGuestSeq('m')) + 1, 6));
  const seqs: number[] = [];
  for await (const record of store.query('m', {})) seqs.push(record.seq);
  assert.deepEqual(seqs, [1, 2, 3, 4, 5, 6]);
});

test('counts on over boots, each of which counts from 1, also after a crash at any time', async () => {
  const store = createLogStore({ logsDir });
  await store.markBoot('m');
  await store.append('m', lines(1, 3, 'first boot'));
  await store.markBoot('m');
  const afterCrash = createLogStore({ logsDir });
  assert.equal(await afterCrash.lastGuestSeq('m'), 0);
  await afterCrash.append('m', lines(1, 2, 'second boot'));
  assert.equal(await createLogStore({ logsDir }).lastGuestSeq('m'), 2);
  assert.deepEqual(await texts(store, { tail: 3 }), ['first boot', 'second boot', 'second boot']);
});

test('a line that a crash cut off is dropped, and its place taken', async () => {
  await createLogStore({ logsDir }).append('m', lines(1, 2));
  await appendFile(join(logsDir, 'm', '000000000001.ndjson'), '{"seq":3,"g":3,"te');
  const again = createLogStore({ logsDir });
  await again.append('m', [line(3)]);
  assert.deepEqual(await texts(again), ['line 1', 'line 2', 'line 3']);
});

test('is bounded: the oldest segments go', async () => {
  const store = createLogStore({ logsDir, segmentBytes: 2_000, segments: 3 });
  for (let from = 1; from < 1_000; from += 10) await store.append('m', lines(from, from + 9));
  let bytes = 0;
  const names = await readdir(join(logsDir, 'm'));
  for (const name of names) bytes += (await stat(join(logsDir, 'm', name))).size;
  assert.equal(names.length, 3);
  assert.ok(bytes < 3 * 4_000, `${bytes} bytes`);
  const kept = await texts(store);
  assert.equal(kept.at(-1), 'line 1000');
  assert.ok(kept.length < 200);
});

test('what is behind a line is found from its count, over rotations, and followed from there', async () => {
  const store = createLogStore({ logsDir, segmentBytes: 500, segments: 3 });
  for (let seq = 1; seq <= 60; seq++) await store.append('m', [line(seq)]);
  const kept = await texts(store);
  assert.ok(kept.length < 60);
  for (let afterSeq = 0; afterSeq <= 60; afterSeq++) {
    const behind = kept.slice(Math.max(0, kept.length - (60 - afterSeq)));
    assert.deepEqual(await texts(store, { afterSeq }), behind);
    assert.deepEqual(await texts(store, { afterSeq, tail: 7 }), behind.slice(-7));
  }
  const following = texts(store, { afterSeq: 61, follow: true });
  await store.append('m', [line(61), line(62)]);
  store.finish('m');
  assert.deepEqual(await following, ['line 62']);
});

test('a follower gets each line once, in order, over rotations, until the log is removed', async () => {
  const store = createLogStore({ logsDir, segmentBytes: 500, segments: 50 });
  await store.append('m', lines(1, 3));
  const followed: string[] = [];
  const following = (async () => {
    for await (const record of store.query('m', { tail: 2, follow: true }))
      followed.push(record.text);
  })();
  for (let seq = 4; seq <= 40; seq++) await store.append('m', [line(seq)]);
  store.finish('m');
  await following;
  assert.deepEqual(
    followed,
    lines(2, 40).map(({ text }) => text),
  );
});

test('a follower ends when it is told to, when there is nothing to read too', {
  timeout: 10_000,
}, async () => {
  const store = createLogStore({ logsDir });
  assert.deepEqual(await texts(store, { follow: true, signal: AbortSignal.timeout(50) }), []);
  const early = { follow: true, signal: AbortSignal.abort() };
  await store.append('m', lines(1, 2));
  assert.deepEqual(await texts(store, early), []);
  const following = texts(store, { follow: true });
  setTimeout(() => store.close(), 50);
  assert.deepEqual(await following, ['line 1', 'line 2']);
});

test('since and tail together give the newest of those that are new enough', async () => {
  const store = createLogStore({ logsDir });
  const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000000000Z`;
  await store.append(
    'm',
    Array.from({ length: 10 }, (_, i) => line(i + 1, `minute ${i}`, at(i))),
  );
  const sinceMs = Date.parse('2026-01-01T00:07:00Z');
  assert.deepEqual(await texts(store, { sinceMs }), ['minute 7', 'minute 8', 'minute 9']);
  assert.deepEqual(await texts(store, { sinceMs, tail: 2 }), ['minute 8', 'minute 9']);
  assert.deepEqual(await texts(store, { sinceMs, tail: 5 }), ['minute 7', 'minute 8', 'minute 9']);
});

test('old logs of machines that are gone are pruned', async () => {
  const store = createLogStore({ logsDir });
  for (const machineId of ['old', 'kept', 'new']) await store.append(machineId, lines(1, 1));
  for (const machineId of ['old', 'kept'])
    await utimes(join(logsDir, machineId, '000000000001.ndjson'), 1, 1);
  const removed = await store.prune({ olderThanMs: 60_000, keep: new Set(['kept']) });
  assert.deepEqual(removed, ['old']);
  assert.deepEqual((await readdir(logsDir)).sort(), ['kept', 'new']);
});

test('the tail is what slicing all lines gives, whatever their sizes', async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 40 });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 0, max: 45 }), async (textSizes, tail) => {
      const machineId = `m${run++}`;
      const store = createLogStore({ logsDir, segmentBytes: 700, segments: 100 });
      const all = textSizes.map((size, i) => line(i + 1, 'é"\\\n'.repeat(size)));
      for (const one of all) await store.append(machineId, [one]);
      const expected = all.map(({ text }) => text).slice(tail === 0 ? all.length : -tail);
      assert.deepEqual(await texts(store, { tail }, machineId), expected);
    }),
    { numRuns: 30 },
  );
});
