/** What the audit log adds to one call through the gateway: the same calls with it and without. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchContext } from '../bench.ts';
import { requestBytes } from '../gateway/request-bytes.ts';
import { type LoadResult, load } from '../load.ts';
import { startPortProcess } from '../port-process.ts';

const ROUNDS = 5;
const CALLS = 2_000;

export async function benchGatewayCalls(context: BenchContext, folder: string): Promise<void> {
  const home = join(folder, 'gateway-home');
  await mkdir(home, { recursive: true });
  const started: { stop(): Promise<void>; readonly port: number }[] = [];
  const start = async (file: string, args: readonly string[] = []) => {
    const process = await startPortProcess(join(import.meta.dirname, file), args);
    started.unshift(process);
    return process.port;
  };
  try {
    const upstream = String(await start('../gateway/upstream-process.ts'));
    const ports = {
      off: await start('audited-gateway-process.ts', [upstream]),
      on: await start('audited-gateway-process.ts', [upstream, home]),
    };
    context.say(`gateway: ${ROUNDS} rounds of ${CALLS} calls, one at a time, audit off and on`);
    const results: Record<'off' | 'on', LoadResult>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      context.signal.throwIfAborted();
      const one = async (way: 'off' | 'on') =>
        load({
          ...{ host: '127.0.0.1', port: ports[way], connections: 1, calls: CALLS },
          requestBytes: requestBytes('POST', '/agents/bench/answer'),
          ...{ warmUp: 200, timeoutMs: 120_000 },
        });
      results.push({ off: await one('off'), on: await one('on') });
    }
    report(context, results);
  } finally {
    for (const process of started) await process.stop();
  }
}

function report(context: BenchContext, results: readonly Record<'off' | 'on', LoadResult>[]): void {
  if (results.some(({ off, on }) => off.failures + on.failures > 0))
    throw new Error('gateway: calls were not answered with 2xx');
  const note = 'POST of 200 bytes, one at a time; intent durable before it is forwarded';
  const added = (pick: (result: LoadResult) => number) =>
    results.map(({ off, on }) => pick(on) - pick(off));
  context.report({
    ...{ name: 'audit.gateway.added_p50', unit: 'ms', values: added((r) => r.p50Ms), note },
    target: { atMost: 2 },
  });
  context.report({
    ...{ name: 'audit.gateway.added_p99', unit: 'ms', values: added((r) => r.p99Ms), note },
  });
  for (const way of ['off', 'on'] as const) {
    const all = results.map((result) => result[way]);
    const named = (what: string) => `audit.gateway.${way}_${what}`;
    context.report({ name: named('p50'), unit: 'ms', values: all.map((r) => r.p50Ms) });
    context.report({ name: named('p99'), unit: 'ms', values: all.map((r) => r.p99Ms) });
    context.report({
      ...{ name: named('rate'), unit: 'calls/s', values: all.map((r) => r.callsPerSecond) },
    });
  }
}
