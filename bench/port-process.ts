import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface PortProcess {
  readonly port: number;
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** Starts a program that tells its port by IPC and ends when the channel closes. */
export async function startPortProcess(
  file: string,
  args: readonly string[] = [],
): Promise<PortProcess> {
  const child = fork(file, [...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const told = once(child, 'message', { signal: AbortSignal.timeout(20_000) });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${file} ended before it told its port`);
  });
  const [message] = (await Promise.race([told, ended])) as [{ port: number }];
  ended.catch(() => undefined);
  return {
    port: message.port,
    child,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}
