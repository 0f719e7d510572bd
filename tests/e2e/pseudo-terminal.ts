/** The CLI on a real terminal: util-linux's script(1) makes it, the test types and reads. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { mustRun } from '../../src/base/command.ts';
import { waitUntil } from '../../src/base/wait.ts';

const CLI = join(import.meta.dirname, '..', '..', 'src', 'main', 'cli.ts');
const TIMEOUT_MS = 90_000;
export const CTRL_C = '\u0003';

export interface Ended {
  readonly exitCode: number;
  /** As `stty -g` tells them. */
  readonly modesBefore: string;
  readonly modesAfter: string;
}

export interface PseudoTerminal {
  /** All that was written to it so far, with its escape sequences. */
  screen(): string;
  /** Waits until something new matches, and forgets what stands before its end. */
  shows(pattern: RegExp): Promise<void>;
  type(keys: string): void;
  /** Once the CLI has switched the terminal's own line editing off. */
  raw(): Promise<void>;
  resize(size: { rows: number; columns: number }): Promise<void>;
  ended(): Promise<Ended>;
  /** As a window is closed: the terminal is gone, and what ran on it is hung up. */
  close(): Promise<void>;
}

/** Runs the CLI on a terminal of 24 × 80; what is left of it ends with the test. */
export function openTerminal(
  t: TestContext,
  { args, env }: { args: readonly string[]; env: NodeJS.ProcessEnv },
): PseudoTerminal {
  const folder = mkdtempSync(join(tmpdir(), 'swarm-terminal-'));
  const said = (name: string) => readFileSync(join(folder, name), 'utf8').trim();
  const command = [process.execPath, CLI, ...args].map(quoted).join(' ');
  // The trap keeps the shell alive at Ctrl-C; what it starts gets the signal as usual.
  writeFileSync(
    join(folder, 'run.sh'),
    `cd ${quoted(folder)}; stty rows 24 cols 80; stty -g >before; tty >tty; trap : INT
${command}
echo $? >code; stty -g >after\n`,
  );
  const child = spawn('script', ['-qfc', `sh ${quoted(join(folder, 'run.sh'))}`, '/dev/null'], {
    env: { ...env, TERM: 'xterm', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  let screen = '';
  let read = 0;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    screen += chunk;
  });
  child.stdin.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const close = async () => {
    child.kill('SIGKILL'); // It holds the terminal's other end.
    await closed;
  };
  t.after(async () => {
    await close();
    rmSync(folder, { recursive: true, force: true });
  });
  const stty = async (...words: string[]) =>
    (await mustRun('stty', ['-F', said('tty'), ...words], { timeoutMs: 10_000 })).stdout;
  const shows: PseudoTerminal['shows'] = async (pattern) => {
    const found = await waitUntil(() => pattern.exec(screen.slice(read)) ?? undefined, {
      timeoutMs: TIMEOUT_MS,
    });
    assert.ok(found, `${pattern} is not in ${JSON.stringify(screen.slice(read))}`);
    read += found.index + found[0].length;
  };
  return {
    screen: () => screen,
    shows,
    close,
    type: (keys) => void child.stdin.write(keys),
    raw: async () => {
      const isRaw = async () => (await stty('-a')).includes('-icanon');
      assert.ok(await waitUntil(isRaw, { timeoutMs: TIMEOUT_MS }), screen);
    },
    resize: async ({ rows, columns }) => {
      await stty('rows', String(rows), 'cols', String(columns));
    },
    ended: async () => {
      const over = waitUntil(() => child.exitCode !== null, { timeoutMs: TIMEOUT_MS });
      assert.ok(await over, `it still runs: ${JSON.stringify(screen)}`);
      await closed;
      return {
        exitCode: Number(said('code')),
        modesBefore: said('before'),
        modesAfter: said('after'),
      };
    },
  };
}

/** One word for sh. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
