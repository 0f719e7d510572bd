import { spawn } from 'node:child_process';
import { defineErrors } from './errors.ts';

export const commandErrors = defineErrors({
  command_missing: { status: 500, remedy: 'Run "swarm doctor" to see which package brings it.' },
  command_failed: { status: 500, remedy: 'The end of its output says why.' },
  command_timed_out: { status: 500, remedy: 'Try again; the machine may be overloaded.' },
});

export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment of the command; the default is ours. */
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string | Buffer;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Each line of both outputs, as it comes; a very long one in pieces of 64 Ki characters. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What is kept of each output; older bytes are dropped from the front. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** A longer line is told in pieces: a program that never ends one must not fill our memory. */
const LINE_LENGTH = 64 * 1024;

/**
 * Runs a program without a shell in a process group of its own, which is killed whole when time
 * runs out or `signal` fires.
 * @throws command_missing, command_timed_out, or the signal's reason. A non-zero exit code does
 *   not throw here; see `mustRun`.
 */
export async function run(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  options.signal?.throwIfAborted();
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const killGroup = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // The group is gone already.
    }
  };
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup();
  }, options.timeoutMs);
  options.signal?.addEventListener('abort', killGroup);

  const collect = (stream: 'stdout' | 'stderr') => {
    let kept = '';
    let partial = '';
    child[stream].setEncoding('utf8');
    child[stream].on('data', (chunk: string) => {
      kept += chunk;
      if (kept.length > KEPT_BYTES * 2) kept = kept.slice(-KEPT_BYTES);
      if (options.onLine === undefined) return;
      const lines = (partial + chunk).split('\n');
      partial = lines.pop() ?? '';
      if (partial.length >= LINE_LENGTH) {
        lines.push(partial);
        partial = '';
      }
      for (const line of lines) options.onLine(line, stream);
    });
    child[stream].on('end', () => {
      if (partial !== '') options.onLine?.(partial, stream);
    });
    return () => kept;
  };
  const stdout = collect('stdout');
  const stderr = collect('stderr');
  child.stdin.on('error', () => undefined); // The program may not read its input.
  child.stdin.end(options.input);

  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', (cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'ENOENT') return reject(cause);
        reject(commandErrors.command_missing(`The program "${file}" was not found.`, { cause }));
      });
      child.on('close', (code) => resolve(code ?? 137));
    });
    options.signal?.throwIfAborted();
    if (timedOut)
      throw commandErrors.command_timed_out(`${file} did not end in ${options.timeoutMs} ms.`);
    return { exitCode, stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', killGroup);
  }
}

/** As `run`, but a non-zero exit code throws command_failed with the end of the error output. */
export async function mustRun(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const result = await run(file, args, options);
  if (result.exitCode === 0) return result;
  const tail = (result.stderr.trim() || result.stdout.trim()).slice(-2000);
  throw commandErrors.command_failed(`${file} ended with ${result.exitCode}: ${tail}`, {
    details: { file, exitCode: result.exitCode, output: tail },
  });
}
