import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import {
  commitItems,
  type LogFixture,
  makeLogFixture,
  publishLog,
  storedNames,
  testCall,
  testItem,
  withLog,
} from './log-fixture.ts';
import { listSegments, segmentPath } from './segment-files.ts';
import { readFrames } from './segment-reader.ts';
import { WorkspaceLog } from './workspace-log.ts';

const DAMAGED = { code: 'audit_log_damaged' };
const names = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `n${from + i}`);

/** Commits of 3 entries each. */
function fill(fixture: LogFixture, commits: number): void {
  withLog(fixture.options, (log) => {
    for (let i = 0; i < commits; i++)
      commitItems(log, [
        testItem(`n${i * 3}`),
        testCall(`n${i * 3 + 1}`, 'some body'),
        testItem(`n${i * 3 + 2}`),
      ]);
  });
}

const lastFile = ({ dir }: LogFixture) => segmentPath(dir, listSegments(dir).at(-1) ?? 0);
const sizeOf = ({ options }: LogFixture) => withLog(options, (log) => log.committed.size);

test('a log goes on where it ended, over segments', (t) => {
  const fixture = makeLogFixture(t, 3000);
  fill(fixture, 4);
  withLog(fixture.options, (log) => {
    assert.equal(log.committed.size, 12);
    assert.deepEqual(log.repairs, { cut: undefined, mendedTiles: 0 });
    commitItems(log, [testItem('n12')]);
  });
  assert.ok(listSegments(fixture.dir).length > 1);
  assert.deepEqual(storedNames(fixture.options), names(13));
});

test('a tail torn anywhere is cut, and everything committed before is there', (t) => {
  const fixture = makeLogFixture(t);
  fill(fixture, 3);
  const file = lastFile(fixture);
  const whole = readFileSync(file);
  const frames = [...readFrames(fixture.dir, range(whole.length))];
  const begin = frames.at(-1)?.position.offset ?? 0;
  for (let end = begin + 1; end < whole.length; end += 7) {
    writeFileSync(file, whole.subarray(0, end));
    const log = WorkspaceLog.open(fixture.options);
    log.close();
    assert.equal(log.committed.size, 6);
    assert.deepEqual(log.repairs.cut, { file, offset: begin, bytes: end - begin });
    assert.equal(readFileSync(file).length, begin);
  }
  assert.deepEqual(storedNames(fixture.options), names(6));
});

test('a last commit with bytes that never reached the disk is cut', (t) => {
  const fixture = makeLogFixture(t);
  fill(fixture, 3);
  const file = lastFile(fixture);
  const whole = readFileSync(file);
  const last = [...readFrames(fixture.dir, range(whole.length))].at(-1);
  assert.ok(last);
  // Its leaves, and then the payload only: head, directory and tail are there.
  const { leafOffset, payloadOffset } = last.entries[1]?.location ?? assert.fail();
  for (const at of [leafOffset + 5, payloadOffset + 40]) {
    const torn = Buffer.from(whole);
    torn.fill(0xee, at, at + 4);
    writeFileSync(file, torn);
    assert.equal(sizeOf(fixture), 6);
    assert.equal(readFileSync(file).length, last.position.offset);
  }
});

const range = (offset: number) => ({
  ...{ from: { segment: 0, offset: 0 }, to: { segment: 0, offset } },
});

test('a change with a commit behind it is damage, wherever it is, and nothing is cut', (t) => {
  const fixture = makeLogFixture(t);
  fill(fixture, 4);
  const file = lastFile(fixture);
  const whole = readFileSync(file);
  const end = [...readFrames(fixture.dir, range(whole.length))].at(-1)?.position.offset ?? 0;
  fc.assert(
    fc.property(fc.nat(end - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const changed = Buffer.from(whole);
      changed.writeUInt8((changed[at] ?? 0) ^ mask, at);
      writeFileSync(file, changed);
      assert.throws(() => sizeOf(fixture), DAMAGED);
      assert.deepEqual(readFileSync(file), changed);
    }),
    { numRuns: 150 },
  );
});

test('less than was published is damage, and nothing is cut', async (t) => {
  const fixture = makeLogFixture(t);
  fill(fixture, 3);
  await publishLog(fixture.options);
  const file = lastFile(fixture);
  const whole = readFileSync(file);
  for (const end of [whole.length - 1, whole.length - 500, 100]) {
    writeFileSync(file, whole.subarray(0, end));
    assert.throws(() => sizeOf(fixture), { ...DAMAGED, message: /published checkpoint|byte 0/ });
    assert.equal(readFileSync(file).length, end);
  }
  rmSync(file);
  assert.throws(() => sizeOf(fixture), { ...DAMAGED, message: /9 entries are gone/ });
});

test('another history of the same length is damage', async (t) => {
  const fixture = makeLogFixture(t);
  fill(fixture, 2);
  await publishLog(fixture.options);
  const note = readFileSync(join(fixture.dir, 'checkpoint'));
  rmSync(fixture.dir, { recursive: true });
  fill(fixture, 2);
  writeFileSync(join(fixture.dir, 'checkpoint'), note);
  assert.throws(() => sizeOf(fixture), { ...DAMAGED, message: /has another root/ });
});

test('a checkpoint that is not this log’s is damage', async (t) => {
  const fixture = makeLogFixture(t);
  const stranger = makeLogFixture(t);
  fill(fixture, 1);
  fill(stranger, 1);
  await publishLog(fixture.options);
  await publishLog(stranger.options);
  const file = join(fixture.dir, 'checkpoint');
  copyFileSync(join(stranger.dir, 'checkpoint'), file);
  assert.throws(() => sizeOf(fixture), { ...DAMAGED, message: /is not signed by swarm-/ });
  writeFileSync(file, '');
  assert.throws(() => sizeOf(fixture), DAMAGED);
});

test('another log’s segment is damage', (t) => {
  const fixture = makeLogFixture(t);
  const stranger = makeLogFixture(t);
  fill(fixture, 1);
  fill(stranger, 1);
  copyFileSync(lastFile(stranger), lastFile(fixture));
  assert.throws(() => sizeOf(fixture), { ...DAMAGED, message: /is not signed by swarm-/ });
});

test('a segment that is missing, exchanged or cut is damage', async (t) => {
  const fixture = makeLogFixture(t, 2500);
  fill(fixture, 12);
  await publishLog(fixture.options);
  const segments = listSegments(fixture.dir);
  assert.ok(segments.length >= 4);
  const paths = segments.map((first) => segmentPath(fixture.dir, first));
  for (const [i, path] of paths.entries()) {
    const kept = readFileSync(path);
    const other = paths[i === 0 ? 1 : 0] ?? '';
    const attacks: (() => void)[] = [
      () => rmSync(path),
      () => copyFileSync(other, path),
      () => truncateSync(path, kept.length - 1),
      () => truncateSync(path, 3),
      () => appendFileSync(path, 'x'),
    ];
    for (const [number, attack] of attacks.entries()) {
      attack();
      const isTornTail = i === paths.length - 1 && number === 4;
      if (isTornTail) assert.equal(sizeOf(fixture), 36);
      else assert.throws(() => sizeOf(fixture), DAMAGED, `attack ${number} on segment ${i}`);
      writeFileSync(path, kept);
    }
  }
  assert.equal(sizeOf(fixture), 36);
});

test('nothing behind the durable end is seen again after a failed write', (t) => {
  const fixture = makeLogFixture(t);
  fill(fixture, 1);
  const log = WorkspaceLog.open(fixture.options);
  log.stage([testItem('never acknowledged')], { ms: 0, iso: '1970-01-01T00:00:00.000Z' });
  log.write(0);
  const end = log.abandon();
  const again = WorkspaceLog.open(fixture.options, end);
  commitItems(again, [testItem('n3')]);
  again.close();
  assert.deepEqual(storedNames(fixture.options), names(4));
});

test('a frame that was written behind the end is cut although it is complete', (t) => {
  const fixture = makeLogFixture(t);
  fill(fixture, 1);
  const { end } = withLog(fixture.options, (log) => log.committed);
  withLog(fixture.options, (log) => commitItems(log, [testItem('not to be trusted')]));
  WorkspaceLog.open(fixture.options, end).close();
  assert.deepEqual(storedNames(fixture.options), names(3));
});

test('tiles that are missing or wrong at the right edge are made again', async (t) => {
  const fixture = makeLogFixture(t, 20_000);
  withLog(fixture.options, (log) =>
    commitItems(
      log,
      Array.from({ length: 600 }, (_, i) => testItem(`n${i}`)),
    ),
  );
  const note = await publishLog(fixture.options);
  const tiles = listTiles(fixture);
  const damage: ((t: TestContext) => void)[] = [
    () => rmSync(join(fixture.dir, 'tile'), { recursive: true }),
    () => writeFileSync(join(fixture.dir, 'tile/0/002.p/88'), 'nonsense'),
    () => rmSync(join(fixture.dir, 'checkpoint')),
  ];
  for (const harm of damage) {
    harm(t);
    assert.equal(await publishLog(fixture.options), note);
    assert.deepEqual(listTiles(fixture), tiles);
  }
});

function listTiles({ dir }: LogFixture): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(join(dir, 'tile'), { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      files[path] = readFileSync(path).toString('hex');
    }
  return files;
}
