import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { SwarmError } from '../../base/errors.ts';
import { commitItems, makeLogFixture, testCall, testItem, withLog } from './log-fixture.ts';
import { listSegments, segmentPath } from './segment-files.ts';
import { EntryReader, readEntry, readFrames } from './segment-reader.ts';

const START = { segment: 0, offset: 0 };

test('frames follow each other from any position to any other, over segments', (t) => {
  const { options, dir } = makeLogFixture(t, 2000);
  const end = withLog(options, (log) => {
    for (let i = 0; i < 20; i++) commitItems(log, [testItem(`a${i}`), testCall(`b${i}`, 'body')]);
    return log.committed.end;
  });
  const all = [...readFrames(dir, { from: START, to: end })];
  assert.equal(all.length, 20);
  assert.ok(new Set(all.map(({ position }) => position.segment)).size > 2);
  const seqs = (frames: typeof all) =>
    frames.flatMap(({ entries }) => entries.map(({ seq }) => seq));
  assert.deepEqual(
    seqs(all),
    Array.from({ length: 40 }, (_, i) => i),
  );
  for (const [i, frame] of all.entries()) {
    const rest = [...readFrames(dir, { from: frame.end, to: end })];
    assert.deepEqual(seqs(rest), seqs(all.slice(i + 1)));
    const before = [...readFrames(dir, { from: START, to: frame.end, verifyLeaves: false })];
    assert.deepEqual(seqs(before), seqs(all.slice(0, i + 1)));
    const between = [...readFrames(dir, { from: frame.position, to: frame.end })];
    assert.deepEqual(seqs(between), seqs([frame]));
  }
});

test('a log that is not there yet has no frames', (t) => {
  const { dir } = makeLogFixture(t);
  assert.deepEqual([...readFrames(dir, { from: START, to: START })], []);
  assert.throws(() => [...readFrames(dir, { from: START, to: { segment: 0, offset: 9 } })], {
    code: 'audit_log_damaged',
  });
});

test('a frame larger than what is read at once', (t) => {
  const { options, dir } = makeLogFixture(t);
  const body = 'x'.repeat(1_500_000);
  const end = withLog(options, (log) => {
    commitItems(log, [testItem('small'), testCall('large', body), testItem('small')]);
    return log.committed.end;
  });
  const entries = [...readFrames(dir, { from: START, to: end })].flatMap((frame) => frame.entries);
  assert.ok((entries[1]?.payload?.length ?? 0) > body.length);
});

test('single entries, from more segments than are kept open', (t) => {
  const { options, dir } = makeLogFixture(t, 500);
  const end = withLog(options, (log) => {
    for (let i = 0; i < 24; i++) commitItems(log, [testCall(`n${i}`, `body ${i}`)]);
    return log.committed.end;
  });
  assert.ok(listSegments(dir).length > 8);
  const entries = [...readFrames(dir, { from: START, to: end })].flatMap((frame) => frame.entries);
  using reader = new EntryReader(dir);
  for (const { location, leaf, payload } of [...entries, ...entries.toReversed()])
    assert.deepEqual(reader.read(location), { leaf, payload });
});

test('a location that is none is damage, not a crash', (t) => {
  const { options, dir } = makeLogFixture(t);
  withLog(options, (log) => commitItems(log, [testItem('one')]));
  const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 2 ** 31, 2 ** 53));
  const location = fc.record({
    ...{ segment: fc.constantFrom(0, 7), leafOffset: number, leafBytes: number },
    ...{ payloadOffset: number, payloadBytes: number },
  });
  fc.assert(
    fc.property(location, (wrong) => {
      try {
        readEntry(dir, wrong);
      } catch (error) {
        assert.ok(error instanceof SwarmError && error.code === 'audit_log_damaged', `${error}`);
      }
    }),
  );
});

test('whatever lies in a segment is read, or is damage', (t) => {
  const { options, dir } = makeLogFixture(t);
  withLog(options, (log) => {
    for (let i = 0; i < 5; i++) commitItems(log, [testItem(`a${i}`), testCall(`b${i}`, 'body')]);
  });
  const path = segmentPath(dir, 0);
  const whole = readFileSync(path);
  const edit = fc.oneof(
    fc.record({ at: fc.nat(whole.length), bytes: fc.uint8Array({ maxLength: 50 }) }),
    fc.record({ at: fc.nat(whole.length), cut: fc.nat(whole.length) }),
  );
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), fc.boolean(), (edits, verify) => {
      let bytes = Buffer.from(whole);
      for (const one of edits)
        if ('bytes' in one)
          bytes.set(
            one.bytes.subarray(0, Math.max(0, bytes.length - one.at)),
            Math.min(one.at, bytes.length),
          );
        else bytes = Buffer.concat([bytes.subarray(0, one.at), bytes.subarray(one.at + one.cut)]);
      writeFileSync(path, bytes);
      const to = { segment: 0, offset: statSync(path).size };
      try {
        for (const _ of readFrames(dir, { from: START, to, verifyLeaves: verify }));
      } catch (error) {
        assert.ok(error instanceof SwarmError && error.code === 'audit_log_damaged', `${error}`);
      }
    }),
    { numRuns: 500 },
  );
});
