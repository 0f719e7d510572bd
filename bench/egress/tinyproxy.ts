import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { waitUntil } from '../../src/base/wait.ts';

/** Debian's tinyproxy with nothing switched on. @returns undefined when it is not installed */
export async function startTinyproxy(
  given: string | undefined,
): Promise<{ readonly port: number; stop(): Promise<void> } | undefined> {
  const program = given ?? (await find('tinyproxy'));
  if (program === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'swarm-bench-'));
  const port = await freePort();
  const config = join(folder, 'tinyproxy.conf');
  await writeFile(
    config,
    `Port ${port}\nListen 127.0.0.1\nAllow 127.0.0.1\nMaxClients 2000\nTimeout 600\nLogLevel Critical\n`,
  );
  const child = spawn(program, ['-d', '-c', config], { stdio: 'ignore' });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  const listens = await waitUntil(() => answers(port), { timeoutMs: 5_000, intervalMs: 50 });
  if (listens) return { port, stop };
  await stop();
  throw new Error('tinyproxy did not begin to listen');
}

async function find(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
