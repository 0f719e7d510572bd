/** The reference server of the Model Context Protocol, as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '../../../src/base/wait.ts';

export interface EverythingServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startEverythingServer(
  transport: 'streamableHttp' | 'sse',
): Promise<EverythingServer> {
  const port = await freePort();
  const entry = fileURLToPath(
    import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'),
  );
  const child = spawn(process.execPath, [entry, transport], {
    env: { PATH: process.env.PATH, PORT: String(port) },
    stdio: 'ignore',
  });
  const close = () => ended(child);
  const ready = await waitUntil(() => answers(port), { timeoutMs: 30_000, intervalMs: 100 });
  if (ready === true) return { port, close };
  await close();
  throw new Error(`the server did not answer on port ${port}`);
}

async function answers(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/nothing`, {
      signal: AbortSignal.timeout(2000),
    });
    await answer.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
