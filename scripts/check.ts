/**
 * Everything CI runs, in the order of speed. Every stage runs even when one before it failed, so
 * that one run tells all there is to mend; the last line sums up.
 *
 *   npm run check                    all of it
 *   npm run check -- types unit      only these stages
 */
import { spawn } from 'node:child_process';
import { glob } from 'node:fs/promises';

interface Stage {
  readonly name: string;
  readonly command: readonly string[];
  readonly cwd?: string;
  /** Files for node's test runner, which the counts are read from. */
  readonly tests?: string;
  /** Test files that run at the same time: real machines want the processors to themselves. */
  readonly concurrency?: number;
  /** All files in one process, which shares what is slow to start. */
  readonly oneProcess?: true;
  /** Run a second time when it failed. What failed once only is named as flaky: a fault to mend. */
  readonly again?: true;
  readonly timeoutMs: number;
}

const MINUTE_MS = 60_000;

const STAGES: readonly Stage[] = [
  { name: 'lint', command: ['biome', 'ci', '--colors=off', '.'], timeoutMs: MINUTE_MS },
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'], timeoutMs: 3 * MINUTE_MS },
  {
    name: 'types-dashboard',
    command: ['tsc', '-p', 'src/dashboard/tsconfig.json'],
    timeoutMs: 3 * MINUTE_MS,
  },
  {
    name: 'types-browser',
    command: ['tsc', '-p', 'tests/browser/tsconfig.json'],
    timeoutMs: 3 * MINUTE_MS,
  },
  {
    name: 'imports',
    command: ['depcruise', '--config', '.dependency-cruiser.cjs', 'src'],
    timeoutMs: MINUTE_MS,
  },
  {
    name: 'go',
    // A bare machine has no C compiler, and guestd needs none.
    command: [
      'sh',
      '-c',
      'export CGO_ENABLED=0; test -z "$(gofmt -l .)" && go vet ./... && go test ./...',
    ],
    cwd: 'guest',
    timeoutMs: 5 * MINUTE_MS,
  },
  {
    name: 'unit',
    command: [],
    tests: '{src,bench,launcher,verifier}/**/*.test.ts',
    timeoutMs: 5 * MINUTE_MS,
  },
  {
    name: 'tidy',
    command: [],
    tests: 'tests/{tidy,golden}/**/*.test.ts',
    timeoutMs: 3 * MINUTE_MS,
  },
  {
    name: 'examples',
    command: ['sh', '-c', 'npm ci --ignore-scripts --silent && node --test src/*.test.ts'],
    cwd: 'examples/support-desk',
    timeoutMs: 5 * MINUTE_MS,
  },
  {
    name: 'integration',
    command: [],
    tests: 'tests/integration/**/*.test.ts',
    concurrency: 1,
    timeoutMs: 35 * MINUTE_MS,
  },
  {
    name: 'e2e',
    command: [],
    tests: 'tests/e2e/**/*.test.ts',
    concurrency: 1,
    timeoutMs: 25 * MINUTE_MS,
  },
  {
    name: 'browser',
    command: [],
    tests: 'tests/browser/*.test.ts',
    oneProcess: true,
    again: true,
    timeoutMs: 20 * MINUTE_MS,
  },
];

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

async function commandOf(stage: Stage): Promise<readonly string[]> {
  if (stage.tests === undefined) return stage.command;
  const files = await Array.fromAsync(glob(stage.tests));
  if (files.length === 0) return ['true'];
  const concurrency =
    stage.concurrency === undefined ? [] : [`--test-concurrency=${stage.concurrency}`];
  const isolation = stage.oneProcess ? ['--test-isolation=none'] : [];
  const options = ['--test-reporter=spec', ...concurrency, ...isolation];
  return ['node', '--test', ...options, ...files.sort()];
}

/** Adds up the summaries of node's test runner; a stage without one counts as one test. */
function countsOf(output: string, exitCode: number): Counts {
  const sum = (word: string) =>
    [...output.matchAll(new RegExp(`^ℹ ${word} (\\d+)$`, 'gm'))].reduce(
      (n, m) => n + Number(m[1]),
      0,
    );
  if (!/^ℹ pass \d+$/m.test(output))
    return { passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, skipped: 0 };
  const failed = sum('fail') + sum('cancelled');
  return {
    passed: sum('pass'),
    failed: exitCode !== 0 && failed === 0 ? 1 : failed,
    skipped: sum('skipped') + sum('todo'),
  };
}

async function runStage(stage: Stage): Promise<Counts> {
  const [file = 'true', ...args] = await commandOf(stage);
  const child = spawn(file, args, {
    cwd: stage.cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, FORCE_COLOR: '0' },
    detached: true,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  const timer = setTimeout(() => {
    console.log(`${stage.name}: not finished after ${stage.timeoutMs / MINUTE_MS} minutes, killed`);
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, stage.timeoutMs);
  const exitCode = await new Promise<number>((resolve) => {
    child.on('error', () => resolve(127));
    child.on('close', (code) => resolve(code ?? 1));
  });
  clearTimeout(timer);
  return countsOf(output, exitCode);
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STAGES.some((stage) => stage.name === name));
if (unknown.length > 0) {
  console.error(
    `unknown stage ${unknown.join(', ')}; there are ${STAGES.map((s) => s.name).join(', ')}`,
  );
  process.exit(2);
}

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const lines: string[] = [];
for (const stage of STAGES) {
  if (wanted.length > 0 && !wanted.includes(stage.name)) continue;
  console.log(`\n== ${stage.name}`);
  const startedAt = performance.now();
  let counts = await runStage(stage);
  let flaky = 0;
  if (counts.failed > 0 && stage.again) {
    console.log(`\n== ${stage.name}, a second time: ${counts.failed} failed`);
    const second = await runStage(stage);
    flaky = second.failed === 0 ? counts.failed : 0;
    counts = second;
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  lines.push(
    `${counts.failed === 0 ? 'ok  ' : 'FAIL'} ${stage.name.padEnd(15)} ${seconds.padStart(7)} s  ` +
      `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped` +
      (flaky === 0 ? '' : `, ${flaky} FLAKY: failed at first, see above`),
  );
}
console.log(`\n${lines.join('\n')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
