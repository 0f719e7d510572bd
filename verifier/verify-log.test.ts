import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { LogFixture } from './log-fixture.ts';
import { runVerifier } from './run-verifier.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'swarm-verify-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const call = { facts: { agent: 'echo', tool: 'search' } };
const withPayload = (n: number) => ({ ...call, payload: { request: { body: `body ${n}` } } });

/** 700 entries in three segments, with payloads, intents and an erasure. */
function sample(): LogFixture {
  const log = new LogFixture();
  log.commit(
    Array.from({ length: 300 }, (_, i) => withPayload(i)),
    { entries: [5, 6], payloads: [10, 12] },
  );
  log.segment();
  log.commit([
    { facts: { phase: 'intent', status: 'open', id: 'evt_a' } },
    { facts: { phase: 'intent', status: 'open', id: 'evt_b' } },
  ]);
  log.commit([{ facts: { phase: 'completion', id: 'evt_a', intent: 300 } }]);
  log.segment();
  log.commit([{ facts: { phase: 'completion', id: 'evt_b', intent: 301 } }]);
  const erased = (what: string, ranges: number[][]) => ({
    facts: { kind: 'audit.erased', attributes: { what, ranges } },
  });
  log.commit([
    erased('events', [[5, 6]]),
    erased('payloads', [
      [10, 10],
      [12, 12],
    ]),
  ]);
  log.commit(Array.from({ length: 700 - log.size }, (_, i) => withPayload(i)));
  return log;
}

const verify = (log: LogFixture, ...more: string[]) =>
  runVerifier([folder, '--key', log.keyText, '--json', ...more]);

describe('a log that is right', () => {
  test('has no findings, strictly, and is described', async () => {
    const log = sample();
    log.write(folder);
    const run = await verify(log, '--strict');
    assert.deepEqual(run.codes, []);
    assert.equal(run.exitCode, 0);
    const [summary] = run.report?.logs ?? [];
    assert.equal(summary?.entries, 700);
    assert.equal(summary?.published, 700);
    assert.equal(summary?.erasedEntries, 2);
    assert.equal(summary?.erasedPayloads, 4);
    assert.equal(summary?.openIntents, 0);
  });

  test('may be ahead of its published checkpoint, and have superseded tiles', async () => {
    const log = sample();
    log.write(folder, 300);
    for (const [path, bytes] of log.tiles(700)) {
      if (path.includes('.p/')) continue;
      writeFileSync(join(folder, 'default', path), bytes);
    }
    const run = await verify(log, '--strict');
    assert.deepEqual(run.codes, []);
  });

  test('of no entries is one', async () => {
    const log = new LogFixture();
    log.write(folder);
    assert.equal((await verify(log, '--strict')).exitCode, 0);
  });

  test('with a torn tail is one that crashed: a note, and a finding when strict', async () => {
    const log = sample();
    log.write(folder);
    appendFileSync(join(folder, 'default/segments/00000000000000000303.seg'), 'SWFR and so on');
    const run = await verify(log);
    assert.equal(run.exitCode, 0);
    assert.deepEqual(
      run.report?.notes.map((note) => note.code),
      ['torn_tail'],
    );
    assert.deepEqual((await verify(log, '--strict')).codes, ['torn_tail']);
  });

  test('has the tree of every checkpoint that was kept', async () => {
    const log = sample();
    log.write(folder);
    const kept = join(folder, 'kept');
    for (const size of [0, 1, 256, 300, 511, 700]) {
      writeFileSync(kept, log.checkpoint(size));
      assert.deepEqual((await verify(log, '--checkpoint', kept)).codes, [], `size ${size}`);
    }
  });
});

describe('what is found', () => {
  test('entries cut off since a checkpoint was kept', async () => {
    const log = sample();
    const kept = join(folder, 'kept');
    log.write(folder, 702 - 2);
    log.commit([call, call]);
    writeFileSync(kept, log.checkpoint());
    const run = await verify(log, '--checkpoint', kept);
    assert.deepEqual(run.codes, ['log_truncated']);
  });

  test('another history under the same key', async () => {
    const log = sample();
    log.write(folder);
    const forged = join(folder, 'kept');
    writeFileSync(
      forged,
      log.note(`${log.origin}\n300\n${Buffer.alloc(32, 7).toString('base64')}\n`),
    );
    assert.deepEqual((await verify(log, '--checkpoint', forged)).codes, ['checkpoint_root']);
  });

  test('a checkpoint of another log', async () => {
    const log = sample();
    log.write(folder);
    const other = join(folder, 'kept');
    writeFileSync(
      other,
      log.note(`${log.name}/other\n0\n${Buffer.alloc(32).toString('base64')}\n`),
    );
    assert.deepEqual((await verify(log, '--checkpoint', other)).codes, ['checkpoint_origin']);
    const origin = join(folder, 'default/checkpoint');
    writeFileSync(origin, readFileSync(other));
    assert.deepEqual((await verify(log)).codes, ['checkpoint_origin']);
  });

  test('zeros that no audit.erased covers', async () => {
    const log = new LogFixture();
    log.commit([withPayload(1), withPayload(2), withPayload(3)], { entries: [0], payloads: [2] });
    log.commit([
      { facts: { kind: 'audit.erased', attributes: { what: 'payloads', ranges: [[0, 1]] } } },
    ]);
    log.write(folder);
    const { codes } = await verify(log);
    assert.deepEqual(codes, ['entry_erased_silently', 'payload_erased_silently']);
  });

  test('completions without their intent, and twice', async () => {
    const log = new LogFixture();
    log.commit([{ facts: { phase: 'intent', id: 'a' } }, call]);
    log.commit([
      { facts: { phase: 'completion', id: 'a', intent: 0 } },
      { facts: { phase: 'completion', id: 'a', intent: 0 } },
      { facts: { phase: 'completion', id: 'b', intent: 1 } },
      { facts: { phase: 'completion', id: 'c', intent: 9 } },
    ]);
    log.segment();
    log.commit([{ facts: { phase: 'completion', id: 'a', intent: 0 } }]);
    log.write(folder);
    const { codes } = await verify(log);
    assert.deepEqual(codes.toSorted(), [
      'completion_without_intent',
      'completion_without_intent',
      'completion_without_intent',
      'intent_completed_twice',
    ]);
  });

  test('an entry of another place or workspace, though it is signed', async () => {
    const log = new LogFixture();
    log.commit([{ facts: { seq: 7 } }, { facts: { workspace: 'other' } }]);
    log.write(folder);
    assert.deepEqual((await verify(log)).codes, ['entry_seq', 'entry_workspace']);
  });

  test('another key, in the folder or given', async () => {
    const log = sample();
    log.write(folder);
    const other = new LogFixture();
    writeFileSync(join(folder, 'key.pub'), `${other.keyText}\n`);
    assert.deepEqual((await verify(log)).codes, ['key_mismatch']);
    const run = await runVerifier([folder, '--key', other.keyText, '--json']);
    assert.equal(run.exitCode, 1);
  });

  test('nothing, when a payload holds a frame of the log behind a torn one', async () => {
    const log = sample();
    log.write(folder);
    const path = join(folder, 'default/segments/00000000000000000303.seg');
    const frame = readFileSync(path).subarray(-400);
    appendFileSync(path, Buffer.concat([Buffer.from('SWFR'), frame]));
    assert.equal((await verify(log)).exitCode, 0);
  });
});

describe('what cannot be verified', () => {
  test('has exit code 2 and says why', async () => {
    const log = sample();
    log.write(folder);
    for (const args of [
      [folder],
      [folder, '--key', 'swarm-1+2+3'],
      [folder, '--key', join(folder, 'no-such-key')],
      [join(folder, 'nothing'), '--key', log.keyText],
      [join(folder, 'default', 'tile'), '--key', log.keyText],
      [folder, '--key', log.keyText, '--checkpoint', join(folder, 'key.pub')],
      [folder, '--key', log.keyText, '--workspace', 'other'],
    ]) {
      const run = await runVerifier(args);
      assert.equal(run.exitCode, 2, args.join(' '));
      assert.notEqual(run.stderr, '');
    }
  });

  test('a file that is neither export nor proof is said to be none; a damaged one has findings', async () => {
    const { keyText } = sample();
    const path = join(folder, 'given');
    const run = (bytes: string | Buffer) => {
      writeFileSync(path, bytes);
      return runVerifier([path, '--key', keyText]);
    };
    for (const bytes of ['', 'hello\n', '{"name": "x"}\n', Buffer.alloc(2_000, 0x89)]) {
      const { exitCode, stdout, stderr } = await run(bytes);
      assert.deepEqual([exitCode, stdout], [2, ''], String(bytes).slice(0, 20));
      assert.match(stderr, /given is neither an export .* nor a proof/);
    }
    const header = Buffer.alloc(1_024);
    header.write('checkpoint');
    for (const bytes of [
      header,
      'manifest.json',
      '{"format":"swarm-proof/v1"',
      '{"swarm-proof":1}',
    ]) {
      const { exitCode, stdout } = await run(bytes);
      assert.equal(exitCode, 1, stdout);
      assert.match(stdout, /^1 findings:\n {2}(tar_damaged|proof_malformed): /);
    }
  });
});
