import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface ToldProcess {
  readonly port: number;
  /** PEM that its callers trust. */
  readonly authority: string;
  residentBytes(): Promise<number>;
  stop(): Promise<void>;
}

const WAIT_MS = 20_000;

/** Starts a program that tells its port and its authority by IPC and ends with the channel. */
export async function startToldProcess(
  file: string,
  args: readonly string[],
): Promise<ToldProcess> {
  const child = fork(file, [...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${file} ended before it told its port`);
  });
  ended.catch(() => undefined);
  const { port, authority } = await Promise.race([told(child), ended]);
  return {
    ...{ port: Number(port), authority: String(authority) },
    async residentBytes() {
      child.send('rss');
      return Number((await told(child)).rss);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}

async function told(child: ChildProcess): Promise<Record<string, unknown>> {
  const [message] = await once(child, 'message', { signal: AbortSignal.timeout(WAIT_MS) });
  return message as Record<string, unknown>;
}
