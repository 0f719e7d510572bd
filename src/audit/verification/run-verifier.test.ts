/** The process: that it is one of its own, what it is told, and that nothing is left of it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { identifyProcess, isAlive } from '../../base/process-identity.ts';
import { waitUntil } from '../../base/wait.ts';
import { runVerifier } from './run-verifier.ts';

const TIMEOUT_MS = 30_000;
const NOTE = 'swarm-1/default\n1\nAAAA\n\n— swarm-1 BBBB\n';

/** @param source of a program in the verifier's place */
function stage(t: TestContext, source: string) {
  const dir = mkdtempSync(join(tmpdir(), 'swarm-run-verifier-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(join(dir, 'default', 'tmp'), { recursive: true });
  const program = join(dir, 'program.mjs');
  writeFileSync(program, source);
  const run = (signal: AbortSignal, publish = async () => NOTE) =>
    runVerifier('default', {
      ...{ dir, program, signal, publicKey: () => 'swarm-1+2+3' },
      writer: { publish },
    });
  const kept = join(dir, 'default', 'tmp', 'verified-against');
  return { dir, run, kept, told: join(dir, 'told') };
}

test('it is told the log, the key and what the writer knows, and runs when nothing else does', async (t) => {
  const { dir, run, kept, told } = stage(
    t,
    `import { readFileSync, writeFileSync } from 'node:fs';
     import { getPriority } from 'node:os';
     const kept = readFileSync(process.argv[process.argv.indexOf('--checkpoint') + 1], 'utf8');
     const said = { args: process.argv.slice(2), kept, priority: getPriority(), env: process.env };
     writeFileSync(new URL('told', import.meta.url), JSON.stringify(said));
     console.log(JSON.stringify({ logs: [{ entries: 1, published: 1 }], findings: [], findingsTotal: 0 }));`,
  );
  process.env.SWARM_TOKEN_OF_THIS_TEST = 'not for others';
  t.after(() => delete process.env.SWARM_TOKEN_OF_THIS_TEST);
  const verdict = await run(AbortSignal.timeout(TIMEOUT_MS));
  assert.equal(verdict.verdict, 'intact');
  const said = JSON.parse(readFileSync(told, 'utf8'));
  assert.deepEqual(said.args, [
    ...[dir, '--workspace', 'default', '--key', 'swarm-1+2+3', '--threads', '1', '--json'],
    ...['--checkpoint', kept],
  ]);
  assert.equal(said.kept, NOTE);
  assert.equal(said.priority, constants.priority.PRIORITY_LOW);
  assert.ok(!JSON.stringify(said.env).includes('not for others'));
  assert.ok(!existsSync(kept), 'what it was told is gone');
});

test('a log that cannot be written is verified as it lies there', async (t) => {
  const { run, told } = stage(
    t,
    `import { writeFileSync } from 'node:fs';
     writeFileSync(new URL('told', import.meta.url), process.argv.join(' '));
     process.exitCode = 1;`,
  );
  const verdict = await run(AbortSignal.timeout(TIMEOUT_MS), () =>
    Promise.reject(new Error('unavailable')),
  );
  assert.equal(verdict.verdict, 'damaged');
  assert.ok(!readFileSync(told, 'utf8').includes('--checkpoint'));
});

test('one that is called off is gone, with all that it had', async (t) => {
  const { run, kept, told } = stage(
    t,
    `import { writeFileSync } from 'node:fs';
     writeFileSync(new URL('told', import.meta.url), String(process.pid));
     setInterval(() => undefined, 1000);`,
  );
  const ended = new AbortController();
  const running = run(ended.signal);
  const refused = assert.rejects(running, /enough/);
  const pid = await waitUntil(
    () => existsSync(told) && readFileSync(told, 'utf8') !== '' && Number(readFileSync(told)),
    { timeoutMs: TIMEOUT_MS },
  );
  const program = identifyProcess(pid ?? 0);
  assert.ok(program !== undefined && isAlive(program));
  assert.ok(existsSync(kept));
  ended.abort(new Error('enough'));
  await refused;
  assert.ok(await waitUntil(() => !isAlive(program), { timeoutMs: TIMEOUT_MS }));
  assert.ok(!existsSync(kept));
});
