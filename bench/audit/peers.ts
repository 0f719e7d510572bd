/** The same events in the same batches elsewhere, in the same run. */
import { join } from 'node:path';
import type { BenchContext } from '../bench.ts';
import { load } from '../load.ts';
import { startPortProcess } from '../port-process.ts';
import { cpuSecondsOf } from './bench-swarmd.ts';
import { BATCH_EVENTS, eventBatches } from './event-batches.ts';
import { startPostgres } from './postgres-peer.ts';

/** Enough for a rate; the peers only grow slower with more. */
const MAX_EVENTS = 1_000_000;
const TIMEOUT_MS = 1_200_000;

export interface PeerOptions {
  readonly folder: string;
  readonly events: number;
  /** Of our own, in the same run; undefined: not measured. */
  readonly ours: number | undefined;
}

export async function benchPeers(context: BenchContext, options: PeerOptions): Promise<void> {
  const calls = Math.ceil(Math.min(options.events, MAX_EVENTS) / BATCH_EVENTS);
  const batches = eventBatches({
    nowMs: Date.now(),
    headers: { 'Content-Type': 'application/x-ndjson' },
    prefix: 'peer-',
  });
  context.say(`peers: ${calls} batches into SQLite over HTTP`);
  const sqlite = await startPortProcess(join(import.meta.dirname, 'sqlite-peer-process.ts'), [
    options.folder,
  ]);
  try {
    const result = await load({
      ...{ host: '127.0.0.1', port: sqlite.port, connections: 4, calls },
      ...{ warmUp: Math.min(20, calls - 1), timeoutMs: TIMEOUT_MS },
      requestBytes: (call) => batches.request(call),
    });
    const cpu = await cpuSecondsOf(sqlite.child.pid ?? 0);
    if (result.failures > 0) throw new Error('the SQLite peer did not take everything');
    const rate = result.callsPerSecond * BATCH_EVENTS;
    const note = 'one table, 3 indexes, synchronous=FULL, over HTTP; no text search, no tree';
    context.report({ name: 'audit.peer.sqlite', unit: 'events/s', values: [rate], note });
    context.report({
      ...{ name: 'audit.peer.sqlite.ack_p99', unit: 'ms', values: [result.p99Ms] },
    });
    context.report({
      ...{ name: 'audit.peer.sqlite.cpu_per_event', unit: 'µs' },
      values: [(cpu * 1e6) / (calls * BATCH_EVENTS)],
    });
    if (options.ours !== undefined)
      context.report({
        ...{ name: 'audit.append.over_sqlite', unit: 'ratio', values: [options.ours / rate] },
        ...{ target: { atLeast: 2 }, note: 'durable events/s, ours over the peer' },
      });
  } finally {
    await sqlite.stop();
  }
  await benchPostgres(context, { ...options, calls });
}

async function benchPostgres(
  context: BenchContext,
  { folder, calls, ours }: PeerOptions & { calls: number },
): Promise<void> {
  const started = await startPostgres(join(folder, 'postgres'));
  if ('reason' in started) {
    context.skip('audit.peer.postgres', started.reason);
    return;
  }
  const batches = eventBatches({ nowMs: Date.now(), headers: {}, prefix: 'peer-' });
  context.say(`peers: ${calls} batches into PostgreSQL by COPY`);
  try {
    const startedMs = performance.now();
    for (let call = 0; call < calls; call++) {
      context.signal.throwIfAborted();
      if (performance.now() - startedMs > TIMEOUT_MS) throw new Error('PostgreSQL took too long');
      await started.copy(batches.body(call).toString());
    }
    const rate = (calls * BATCH_EVENTS) / ((performance.now() - startedMs) / 1_000);
    const note =
      'COPY into one table, 3 indexes, one connection, fsync on; no HTTP, no text search';
    context.report({ name: 'audit.peer.postgres', unit: 'events/s', values: [rate], note });
    if (ours !== undefined)
      context.report({
        ...{ name: 'audit.append.over_postgres', unit: 'ratio', values: [ours / rate] },
      });
  } finally {
    await started.stop();
  }
}
