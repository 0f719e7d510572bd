/**
 * What the gateway adds to a call, against direct calls to the same upstream in the same run.
 * Three processes: upstream, gateway, load generator. No machine: `deploy` measures with one.
 */
import { join } from 'node:path';
import type { BenchContext } from '../bench.ts';
import { startPortProcess } from '../port-process.ts';
import { type Comparison, compare } from './compare.ts';
import { requestBytes } from './request-bytes.ts';

const ROUNDS = 5;
/** Well below what two cores can do, so that latency is not the length of a queue. */
const PACED_PER_SECOND = 1_000;

export async function run(context: BenchContext): Promise<void> {
  const upstream = await startPortProcess(join(import.meta.dirname, 'upstream-process.ts'));
  const gateway = await startPortProcess(join(import.meta.dirname, 'gateway-process.ts'), [
    String(upstream.port),
  ]);
  try {
    for (const method of ['GET', 'POST'] as const) {
      const ways = {
        direct: endpoint(method, '/answer', upstream.port),
        gateway: endpoint(method, '/agents/bench/answer', gateway.port),
      };
      for (const comparison of comparisons(method.toLowerCase(), ways)) {
        context.say(`${comparison.name}: ${comparison.note}`);
        await compare(context, comparison);
      }
    }
  } finally {
    await gateway.stop();
    await upstream.stop();
  }
}

function endpoint(method: 'GET' | 'POST', path: string, port: number) {
  return { host: '127.0.0.1', port, requestBytes: requestBytes(method, path) };
}

function comparisons(
  method: string,
  ways: Pick<Comparison, 'direct' | 'gateway'>,
): readonly Comparison[] {
  const bounds = { warmUp: 1_000, timeoutMs: 60_000 };
  const targets = { p50Ms: 0.5, p99Ms: 3 };
  const base = { ...ways, rounds: ROUNDS };
  return [
    {
      ...base,
      ...{ name: `gateway.${method}.1`, targets, note: '1 connection, closed loop' },
      load: { ...bounds, connections: 1, calls: 4_000 },
    },
    {
      ...base,
      ...{ name: `gateway.${method}.32_paced`, targets },
      note: `32 connections, ${PACED_PER_SECOND} calls/s`,
      load: { ...bounds, connections: 32, calls: 4_000, ratePerSecond: PACED_PER_SECOND },
    },
    {
      ...base,
      ...{ name: `gateway.${method}.32_flood`, targets },
      note: '32 connections, closed loop: as fast as it goes',
      load: { ...bounds, connections: 32, calls: 16_000 },
    },
  ];
}
