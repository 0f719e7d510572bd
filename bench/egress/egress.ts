/**
 * What the way out adds to a call to a model endpoint over TLS, against direct calls, a plain
 * forward proxy and the barest interception in the same run. Each is a process of its own. With everything on:
 * interception, placeholders, scrubbing, metering, and an audit log that is durable before a call
 * goes out. Connections are kept alive; no machine is between.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchContext } from '../bench.ts';
import { type LoadResult, load } from '../load.ts';
import { percentile } from '../statistics.ts';
import { BENCH_HOST, chatRequest } from './bench-target.ts';
import { dialer, type Way } from './dial.ts';
import { openStream } from './open-streams.ts';
import { startTinyproxy } from './tinyproxy.ts';
import { startToldProcess, type ToldProcess } from './told-process.ts';

const ROUNDS = 3;
const STREAMS = 1_000;
/** Opened at the same time. */
const AT_ONCE = 50;
const STREAMS_TIMED = 50;
const TARGETS = { p50Ms: 1.5, p99Ms: 6, firstTokenMs: 2, share: 0.3 };

export async function run(context: BenchContext): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'swarm-bench-'));
  const file = (name: string) => join(import.meta.dirname, name);
  const upstream = await startToldProcess(file('upstream-process.ts'), []);
  const trusted = Buffer.from(upstream.authority).toString('base64');
  const proxy = await startToldProcess(file('proxy-process.ts'), [
    ...[String(upstream.port), home, trusted],
  ]);
  const bare = await startToldProcess(file('bare-process.ts'), [String(upstream.port), trusted]);
  const tiny = await startTinyproxy(context.option('tinyproxy'));
  try {
    const ways: Record<string, Way> = {
      direct: upstream,
      swarm: { ...proxy, tunnelTo: `${BENCH_HOST}:443` },
      bare: { ...bare, tunnelTo: `${BENCH_HOST}:443` },
      ...(tiny && {
        tinyproxy: {
          ...{ port: tiny.port, authority: upstream.authority },
          tunnelTo: `127.0.0.1:${upstream.port}`,
        },
      }),
    };
    if (tiny === undefined)
      context.skip('egress.tinyproxy', 'tinyproxy is not installed (--tinyproxy PATH)');
    const paced = { connections: 32, calls: 3_000, warmUp: 500, ratePerSecond: 400 };
    const flood = { connections: 32, calls: 6_000, warmUp: 1_000 };
    await latency(context, {
      ways,
      name: 'egress.1',
      shape: { connections: 1, calls: 1_500, warmUp: 300 },
    });
    await latency(context, { ways, name: 'egress.32_paced', shape: paced });
    await throughput(context, { ways, shape: flood });
    await streams(context, { ways, proxy });
  } finally {
    await tiny?.stop();
    await proxy.stop();
    await bare.stop();
    await upstream.stop();
    await rm(home, { recursive: true, force: true });
  }
}

type Shape = Readonly<
  Record<'connections' | 'calls' | 'warmUp', number> & { ratePerSecond?: number }
>;

async function measure(
  context: BenchContext,
  by: { readonly ways: Readonly<Record<string, Way>>; readonly shape: Shape },
): Promise<Record<string, LoadResult[]>> {
  const results: Record<string, LoadResult[]> = {};
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, way] of Object.entries(by.ways)) {
      context.signal.throwIfAborted();
      const result = await load({
        ...{ host: '127.0.0.1', port: way.port, requestBytes: chatRequest(), timeoutMs: 90_000 },
        ...by.shape,
        dial: dialer(way),
      });
      if (result.failures > 0) throw new Error(`${name}: ${result.failures} calls failed`);
      results[name] = [...(results[name] ?? []), result];
    }
  return results;
}

async function latency(
  context: BenchContext,
  by: { ways: Readonly<Record<string, Way>>; name: string; shape: Shape },
): Promise<void> {
  const results = await measure(context, by);
  const { direct = [], ...others } = results;
  for (const key of ['p50Ms', 'p99Ms'] as const) {
    const short = key.slice(0, 3);
    context.report({
      ...{ name: `${by.name}.direct_${short}`, unit: 'ms' },
      values: direct.map((one) => one[key]),
    });
    for (const [name, rounds] of Object.entries(others))
      context.report({
        ...{ name: `${by.name}.${name}_added_${short}`, unit: 'ms' },
        values: rounds.map((one, i) => one[key] - (direct[i]?.[key] ?? Number.NaN)),
        ...(name === 'swarm' && { target: { atMost: TARGETS[key] } }),
      });
  }
}

async function throughput(
  context: BenchContext,
  by: { ways: Readonly<Record<string, Way>>; shape: Shape },
): Promise<void> {
  const results = await measure(context, by);
  for (const [name, rounds] of Object.entries(results))
    context.report({
      ...{ name: `egress.32_flood.${name}`, unit: 'calls/s' },
      values: rounds.map((one) => one.callsPerSecond),
    });
  const { swarm = [], bare = [], tinyproxy } = results;
  const share = (of: readonly LoadResult[]) =>
    swarm.map((one, i) => one.callsPerSecond / (of[i]?.callsPerSecond ?? 0));
  context.report({
    ...{ name: 'egress.32_flood.share_of_bare', unit: 'ratio', values: share(bare) },
    note: 'of an interception in the same language that does nothing else',
  });
  if (tinyproxy === undefined) return;
  context.report({
    ...{ name: 'egress.32_flood.share_of_tinyproxy', unit: 'ratio', values: share(tinyproxy) },
    target: { atLeast: TARGETS.share },
  });
}

async function streams(
  context: BenchContext,
  by: { ways: Readonly<Record<string, Way>>; proxy: ToldProcess },
): Promise<void> {
  const first: Record<string, number> = {};
  for (const [name, way] of Object.entries(by.ways)) {
    const dial = dialer(way);
    const ages: number[] = [];
    for (let i = 0; i < STREAMS_TIMED; i++) {
      const socket = await dial();
      ages.push(await openStream(socket));
      socket.destroy();
    }
    first[name] = percentile(
      ages.sort((a, b) => a - b),
      0.5,
    );
  }
  context.report({
    ...{ name: 'egress.stream.first_event_added', unit: 'ms' },
    values: [(first.swarm ?? Number.NaN) - (first.direct ?? Number.NaN)],
    target: { atMost: TARGETS.firstTokenMs },
    note: `from the other side's write, the median of ${STREAMS_TIMED} new connections`,
  });
  const way = by.ways.swarm;
  if (way === undefined) return;
  const dial = dialer(way);
  const sockets: Socket[] = [];
  const before = await by.proxy.residentBytes();
  const opened = async () => {
    const socket = await dial();
    sockets.push(socket);
    await openStream(socket);
  };
  for (let i = 0; i < STREAMS; i += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, opened));
  const after = await by.proxy.residentBytes();
  for (const socket of sockets) socket.destroy();
  context.report({
    ...{ name: 'egress.stream.memory_per_1000', unit: 'MB' },
    values: [(after - before) / 1_000_000],
    note: `resident memory of the proxy's process, ${STREAMS} open streams`,
  });
}
