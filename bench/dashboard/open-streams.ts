/** Many streams as tabs hold them, read in a process of their own so that reading costs us nothing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface OpenStreams {
  close(): Promise<void>;
}

const READY_MS = 60_000;

/** @returns when all of them have had their first message */
export async function openStreams(options: {
  readonly url: string;
  readonly token: string;
  readonly count: number;
}): Promise<OpenStreams> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'streams-process.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const close = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  // On its input: the token is nobody else's business.
  child.stdin.end(JSON.stringify(options));
  const lines = createInterface({ input: child.stdout });
  try {
    await Promise.race([
      once(lines, 'line', { signal: AbortSignal.timeout(READY_MS) }),
      ended.then(() => {
        throw new Error('the process of the streams ended');
      }),
    ]);
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}
