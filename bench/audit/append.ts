/** Events over HTTP into swarmd: how many a second, how soon acknowledged, how soon found. */
import { sleep } from '../../src/base/wait.ts';
import type { BenchContext } from '../bench.ts';
import { type LoadOptions, load } from '../load.ts';
import { percentile } from '../statistics.ts';
import type { BenchSwarmd } from './bench-swarmd.ts';
import { BATCH_EVENTS, type EventBatches, eventBatches } from './event-batches.ts';

const CONNECTIONS = 4;
/** Batches a second: half the target's rate, and the target's. */
const PACED_BATCHES = [50, 100];
const PACED_SECONDS = 6;
const TIMEOUT_MS = 3_600_000;
const CATCH_UP_MS = 600_000;

export interface AppendFigures {
  readonly eventsPerSecond: number;
}

/** Leaves `events` in the log. */
export async function benchAppend(
  context: BenchContext,
  { swarmd, events }: { swarmd: BenchSwarmd; events: number },
): Promise<AppendFigures> {
  const batches = eventBatches({
    nowMs: Date.now(),
    headers: {
      Authorization: `Bearer ${swarmd.token}`,
      'Content-Type': 'application/x-ndjson',
    },
    prefix: 'bench-',
  });
  const total = Math.ceil(events / BATCH_EVENTS);
  const warm = 20;
  const note = `${BATCH_EVENTS} events of ${Math.round(batches.eventBytes)} bytes a request, ${CONNECTIONS} connections`;
  let sent = 0;
  for (const perSecond of PACED_BATCHES) {
    const calls = Math.min(perSecond * PACED_SECONDS, Math.floor(total / 4));
    context.say(`append: ${calls} requests at ${perSecond}/s`);
    const from = sent;
    sent += calls;
    const slow = await sampled(swarmd, () =>
      load({
        ...target(swarmd, { batches, from }),
        ...{ calls, warmUp: Math.min(warm, calls - 1), ratePerSecond: perSecond },
      }),
    );
    fail(slow.result.failures);
    const name = `audit.append.paced_${(perSecond * BATCH_EVENTS) / 1_000}k`;
    const { p50Ms, p99Ms } = slow.result;
    context.report({ name: `${name}.ack_p50`, unit: 'ms', values: [p50Ms], note });
    context.report({
      ...{ name: `${name}.ack_p99`, unit: 'ms', values: [p99Ms], note },
      target: { atMost: 20 },
    });
    reportLag(context, { name: `${name}.search_lag`, samples: slow.samples });
  }

  const paced = sent;
  context.say(`append: ${total - paced} requests as fast as they are taken`);
  const cpuBefore = await swarmd.cpuSeconds();
  const fast = await sampled(swarmd, () =>
    load({
      ...target(swarmd, { batches, from: paced }),
      ...{ calls: total - paced, warmUp: warm },
    }),
  );
  fail(fast.result.failures);
  const durable = fast.result.callsPerSecond * BATCH_EVENTS;
  const searchable = ((total - paced) * BATCH_EVENTS) / (fast.searchableAfterMs / 1_000);
  context.report({
    ...{ name: 'audit.append.durable', unit: 'events/s', values: [durable], note },
    target: { atLeast: 50_000 },
  });
  context.report({
    ...{ name: 'audit.append.searchable', unit: 'events/s', values: [searchable] },
    note: 'until the last one can be found',
    target: { atLeast: 50_000 },
  });
  const cpu = (await swarmd.cpuSeconds()) - cpuBefore;
  context.report({
    ...{ name: 'audit.append.cpu_per_event', unit: 'µs' },
    values: [(cpu * 1e6) / ((total - paced) * BATCH_EVENTS)],
    note: 'processor time of swarmd, all threads, until the last one can be found',
  });
  const flood = `flat out, ${CONNECTIONS} requests under way: the length of a queue`;
  context.report({
    ...{ name: 'audit.append.flood.ack_p50', unit: 'ms', values: [fast.result.p50Ms], note: flood },
  });
  context.report({
    ...{ name: 'audit.append.flood.ack_p99', unit: 'ms', values: [fast.result.p99Ms], note: flood },
  });
  reportLag(context, { name: 'audit.append.flood.search_lag', samples: fast.samples });
  return { eventsPerSecond: durable };
}

function target(
  swarmd: BenchSwarmd,
  { batches, from }: { batches: EventBatches; from: number },
): Omit<LoadOptions, 'calls' | 'warmUp'> {
  return {
    ...{ host: swarmd.url.hostname, port: Number(swarmd.url.port) },
    ...{ connections: CONNECTIONS, timeoutMs: TIMEOUT_MS },
    requestBytes: (call) => batches.request(from + call),
  };
}

function fail(failures: number): void {
  if (failures > 0) throw new Error(`${failures} requests were not answered with 2xx`);
}

interface Sample {
  readonly atMs: number;
  readonly size: number;
  readonly indexed: number;
}

/** Looks at the log ten times a second while `work` goes on, and until all of it can be found. */
async function sampled<T>(
  swarmd: BenchSwarmd,
  work: () => Promise<T>,
): Promise<{ result: T; samples: Sample[]; searchableAfterMs: number }> {
  const samples: Sample[] = [];
  const startedMs = performance.now();
  const sample = async () => {
    const { size, indexed } = await swarmd.status();
    const taken = { atMs: performance.now(), size, indexed };
    samples.push(taken);
    return taken;
  };
  let isWorking = true;
  const watching = (async () => {
    for (;;) {
      const { size, indexed, atMs } = await sample();
      if (!isWorking && indexed >= size) return;
      if (atMs - startedMs > TIMEOUT_MS + CATCH_UP_MS)
        throw new Error('the index did not catch up');
      await sleep(100);
    }
  })();
  watching.catch(() => undefined);
  const result = await work().finally(() => {
    isWorking = false;
  });
  await watching;
  return { result, samples, searchableAfterMs: performance.now() - startedMs };
}

/** For each look at the log: how long until what was durable then could be found. */
function reportLag(
  context: BenchContext,
  { name, samples }: { name: string; samples: readonly Sample[] },
): void {
  const lagsMs: number[] = [];
  let found = 0;
  for (const { atMs, size } of samples) {
    while (found < samples.length && (samples[found]?.indexed ?? 0) < size) found++;
    const later = samples[found];
    if (later !== undefined) lagsMs.push(Math.max(0, later.atMs - atMs));
  }
  lagsMs.sort((a, b) => a - b);
  const note = `median and greatest of ${lagsMs.length} looks, 100 ms apart`;
  context.report({ name: `${name}_p50`, unit: 'ms', values: [percentile(lagsMs, 0.5)], note });
  context.report({
    ...{ name: `${name}_max`, unit: 'ms', values: [percentile(lagsMs, 1)], note },
    target: { atMost: 2_000 },
  });
}
