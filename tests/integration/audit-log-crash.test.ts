import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openLogWriter } from '../../src/audit/log/open-log-writer.ts';
import { readFrames } from '../../src/audit/log/segment-reader.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { waitUntil } from '../../src/base/wait.ts';

const run = promisify(execFile);
const APPENDER = fileURLToPath(new URL('./audit-log-appender.ts', import.meta.url));
const VERIFIER = fileURLToPath(new URL('../../verifier/verify.ts', import.meta.url));
const PATIENCE = { timeoutMs: 30_000 };

interface Appender {
  readonly child: ChildProcess;
  readonly lines: string[];
  kill(): Promise<void>;
  end(): Promise<void>;
}

function startAppender(t: TestContext, dir: string, lanes: number): Appender {
  const child = spawn(process.execPath, [APPENDER, dir, String(lanes)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'close');
  const lines: string[] = [];
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const all = (rest + text).split('\n');
    rest = all.pop() ?? '';
    lines.push(...all);
  });
  return {
    ...{ child, lines },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    end: async () => {
      child.stdin?.end();
      await exited;
    },
  };
}

async function shown(appender: Appender, begins: string, count = 1): Promise<void> {
  const found = await waitUntil(
    () => appender.lines.filter((line) => line.startsWith(begins)).length >= count,
    PATIENCE,
  );
  assert.equal(found, true, `"${begins}" is shown; was: ${appender.lines.slice(-5).join(' | ')}`);
}

const acknowledged = (lines: readonly string[]): (readonly [number, string])[] =>
  lines
    .map((line) => line.split(' '))
    .filter(([word]) => word === 'ack')
    .map(([, seq, name]) => [Number(seq), name ?? ''] as const);

async function storedEntries(dir: string) {
  const writer = await openLogWriter({ dir, log: silentLogger });
  try {
    assert.deepEqual(writer.state(), { available: true });
    const to = writer.committed('default').end;
    const frames = readFrames(join(dir, 'default'), { from: { segment: 0, offset: 0 }, to });
    return [...frames].flatMap(({ entries }) =>
      entries.map(({ leaf }) => JSON.parse(leaf?.toString() ?? 'null')),
    );
  } finally {
    await writer.close();
  }
}

function auditFolder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'audit-crash-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('a killed writer loses nothing that it acknowledged, and verifies without a complaint', async (t) => {
  const dir = auditFolder(t);
  const expected = new Map<number, string>();
  for (let round = 0; round < 6; round++) {
    const appender = startAppender(t, dir, 1 + round * 3);
    await shown(appender, 'ack', 40);
    await sleep(Math.random() * 40);
    await appender.kill();
    for (const [seq, name] of acknowledged(appender.lines)) {
      assert.equal(expected.has(seq), false, `${seq} is acknowledged once`);
      expected.set(seq, name);
    }
  }
  const entries = await storedEntries(dir);
  for (const [seq, name] of expected) assert.equal(entries[seq]?.attributes.name, name);
  for (const [seq, entry] of entries.entries()) assert.equal(entry.seq, seq);
  const { stdout } = await run(process.execPath, [
    ...[VERIFIER, join(dir, 'default'), '--key', join(dir, 'key.pub')],
  ]);
  assert.match(stdout, /All is right/);
});

test('a killed process leaves no lock', async (t) => {
  const dir = auditFolder(t);
  const appender = startAppender(t, dir, 1);
  await shown(appender, 'ack');
  await assert.rejects(openLogWriter({ dir, log: silentLogger }), {
    ...{ code: 'audit_folder_locked', message: new RegExp(`pid ${appender.child.pid}`) },
  });
  await appender.kill();
  assert.ok((await storedEntries(dir)).length > 0);
});

test('a file system that takes no more refuses, and once it does, the log says how many were refused', async (t) => {
  const dir = auditFolder(t);
  const appender = startAppender(t, dir, 3);
  await shown(appender, 'ack', 10);
  const limit = (bytes: string) =>
    run('prlimit', ['--pid', String(appender.child.pid), `--fsize=${bytes}:unlimited`]);
  await limit('1');
  await shown(appender, 'unavailable');
  await shown(appender, 'refused audit_unavailable', 10);
  const before = acknowledged(appender.lines).length;
  await sleep(200);
  assert.equal(acknowledged(appender.lines).length, before);
  await limit('unlimited');
  await shown(appender, 'available');
  await shown(appender, 'ack', before + 20);
  await appender.end();
  const entries = await storedEntries(dir);
  const recovered = entries.filter(({ kind }) => kind === 'audit.recovered');
  assert.equal(recovered.length, 1);
  assert.match(recovered[0].attributes.reason, /EFBIG/);
  assert.ok(recovered[0].attributes.refused >= 10);
  for (const [seq, name] of acknowledged(appender.lines))
    assert.equal(entries[seq]?.attributes.name, name);
  // What was refused is not there.
  const names = entries.filter(({ kind }) => kind === 'test.happened').length;
  assert.equal(names, acknowledged(appender.lines).length);
});
