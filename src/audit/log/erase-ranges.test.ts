import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EventKind } from '../../contracts/event-kinds.ts';
import { eraseRanges } from './erase-ranges.ts';
import {
  commitItems,
  makeLogFixture,
  publishLog,
  storedNames,
  testCall,
  testItem,
  withLog,
} from './log-fixture.ts';
import { listSegments, segmentPath } from './segment-files.ts';
import { readEntry, readFrames } from './segment-reader.ts';

const EVERYTHING = { before: Number.MAX_SAFE_INTEGER };

test('what a range names is zeros, and nothing else changes', async (t) => {
  const ranges = fc.array(fc.tuple(fc.nat(39), fc.nat(10)), { maxLength: 4 });
  const what = fc.constantFrom('payloads' as const, 'events' as const);
  await fc.assert(
    fc.asyncProperty(ranges, what, async (pairs, kind) => {
      const fixture = makeLogFixture(t, 6000);
      const { options, dir } = fixture;
      withLog(options, (log) => {
        for (let i = 0; i < 40; i += 4)
          commitItems(
            log,
            [0, 1, 2, 3].map((k) => testCall(`n${i + k}`, `body of ${i + k}`)),
          );
      });
      const note = await publishLog(options);
      const before = readAll(dir);
      const erased = pairs.map(([first, more]) => [first, first + more] as const);
      const erasure = { what: kind, ranges: erased, ...EVERYTHING };
      await eraseRanges(dir, erasure);
      const after = readAll(dir);
      for (const [seq, entry] of after.entries()) {
        const isErased = erased.some(([first, last]) => seq >= first && seq <= last);
        const old = before[seq];
        assert.deepEqual([entry.leafHash, entry.location], [old?.leafHash, old?.location]);
        assert.deepEqual(entry.leaf, isErased && kind === 'events' ? undefined : old?.leaf);
        assert.deepEqual(entry.payload, isErased ? null : old?.payload);
        const alone = readEntry(dir, entry.location);
        assert.deepEqual([alone.leaf, alone.payload], [entry.leaf, entry.payload]);
      }
      // The same once more does nothing, and the log opens as it was.
      const inodes = inodesOf(dir);
      await eraseRanges(dir, erasure);
      assert.deepEqual(inodesOf(dir), inodes);
      assert.equal(await publishLog(options), note);
    }),
    { numRuns: 25 },
  );
});

function readAll(dir: string) {
  const last = listSegments(dir).at(-1) ?? 0;
  const to = { segment: last, offset: statSync(segmentPath(dir, last)).size };
  return [...readFrames(dir, { from: { segment: 0, offset: 0 }, to })].flatMap(
    ({ entries }) => entries,
  );
}

const inodesOf = (dir: string) =>
  listSegments(dir).map((first) => statSync(segmentPath(dir, first)).ino);

test('the log’s own entries stay, also those that only look like it are told apart', async (t) => {
  const { options, dir } = makeLogFixture(t);
  const nested = { name: 'looks like it', inner: { kind: 'audit.erased' } };
  withLog(options, (log) =>
    commitItems(log, [
      testItem('own', { kind: 'audit.erased' as EventKind }),
      testItem('x', { attributes: nested }),
      testItem('plain'),
    ]),
  );
  await eraseRanges(dir, { what: 'events', ranges: [[0, 2]], ...EVERYTHING });
  assert.deepEqual(storedNames(options), ['own', '(erased)', '(erased)']);
});

test('what was changed is not hidden by erasing it', async (t) => {
  const { options, dir } = makeLogFixture(t);
  withLog(options, (log) => commitItems(log, [testItem('one'), testItem('two')]));
  const path = segmentPath(dir, 0);
  const changed = Buffer.from(
    readFileSync(path).toString('latin1').replace('"one"', '"two"'),
    'latin1',
  );
  writeFileSync(path, changed);
  const erasure = { what: 'events', ranges: [[0, 0]], ...EVERYTHING } as const;
  await assert.rejects(eraseRanges(dir, erasure), {
    ...{ code: 'audit_log_damaged', message: /entry 0 does not have its hash/ },
  });
  assert.deepEqual(readFileSync(path), changed);
});

test('the segment that is written to is left alone', async (t) => {
  const { options, dir } = makeLogFixture(t);
  withLog(options, (log) => commitItems(log, [testItem('one')]));
  await eraseRanges(dir, { what: 'events', ranges: [[0, 0]], before: 0 });
  assert.deepEqual(storedNames(options), ['one']);
});
