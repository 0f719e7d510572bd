/** What open tabs cost swarmd: memory of each, and how much later calls are answered. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dashboard } from '../../tests/browser/start-dashboard.ts';
import type { BenchContext } from '../bench.ts';
import { requestBytes } from '../gateway/request-bytes.ts';
import { type LoadResult, load } from '../load.ts';
import { openStreams } from './open-streams.ts';

const ROUNDS = 4;
const CALLS = 600;
const RATE = 60;
const SETTLE_MS = 3_000;

export async function benchTabs(
  context: BenchContext,
  { the, tabs }: { the: Dashboard; tabs: number },
): Promise<void> {
  const token = (await readFile(join(the.swarm.home, 'token'), 'utf8')).trim();
  const calls = () => callAgent(the, token);
  await calls();
  const memory: number[] = [];
  const added = { p50: [] as number[], p99: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    context.signal.throwIfAborted();
    const without = await calls();
    await pause();
    const before = await residentBytes(the.swarm.pid());
    const streams = await openStreams({ url: the.url, token, count: tabs });
    try {
      await pause();
      memory.push(((await residentBytes(the.swarm.pid())) - before) / tabs);
      const having = await calls();
      added.p50.push(having.p50Ms - without.p50Ms);
      added.p99.push(having.p99Ms - without.p99Ms);
    } finally {
      await streams.close();
    }
    await pause();
  }
  const note = `${tabs} tabs, each told of every call; ${RATE} calls/s to a machine`;
  context.report({
    ...{ name: 'dashboard.tabs.memory_each', unit: 'bytes', values: memory.slice(0, 1) },
    note: `${note}; the first time, later ones use what is there again`,
  });
  context.report({ name: 'dashboard.tabs.added_p50', unit: 'ms', values: added.p50, note });
  context.report({ name: 'dashboard.tabs.added_p99', unit: 'ms', values: added.p99, note });
}

const pause = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

async function callAgent(the: Dashboard, token: string): Promise<LoadResult> {
  const { hostname, port, host } = new URL(the.url);
  const headers = { Host: host, Authorization: `Bearer ${token}` };
  const result = await load({
    ...{ host: hostname, port: Number(port), connections: 4, calls: CALLS, warmUp: 50 },
    requestBytes: requestBytes('POST', '/agents/hostile/', headers),
    ...{ ratePerSecond: RATE, timeoutMs: 60_000 },
  });
  if (result.failures > 0) throw new Error(`${result.failures} calls failed`);
  return result;
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}
