/**
 * The audit log of a real swarmd: appending over HTTP, searching, verifying, what it adds to calls,
 * and what others do with the same events. `--events N` (default 1,000,000), `--only` with some of
 * append,query,disk,verify,peers,gateway (query, disk and verify need append).
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchContext } from '../bench.ts';
import { benchAppend } from './append.ts';
import { startBenchSwarmd } from './bench-swarmd.ts';
import { benchGatewayCalls } from './gateway-calls.ts';
import { benchPeers } from './peers.ts';
import { benchQueries } from './query.ts';
import { benchDisk, benchVerify } from './stored-log.ts';

const PARTS = ['append', 'query', 'disk', 'verify', 'peers', 'gateway'] as const;
type Part = (typeof PARTS)[number];
const MAX_EVENTS = 20_000_000;

export async function run(context: BenchContext): Promise<void> {
  const events = Number(context.option('events') ?? 1_000_000);
  if (!Number.isInteger(events) || events < 2_000 || events > MAX_EVENTS)
    throw new Error(`--events is a number from 2000 to ${MAX_EVENTS}`);
  const parts = chosen(context.option('only'));
  const folder = await mkdtemp(join(tmpdir(), 'swarm-bench-audit-'));
  // PostgreSQL runs as another user, and its folder lies inside.
  await chmod(folder, 0o711);
  try {
    const ours = parts.has('append')
      ? await benchLog(context, { home: join(folder, 'home'), events, parts })
      : undefined;
    if (parts.has('peers')) await benchPeers(context, { folder, events, ours });
    if (parts.has('gateway')) await benchGatewayCalls(context, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function chosen(only: string | undefined): ReadonlySet<Part> {
  const asked = (only ?? PARTS.join(',')).split(',');
  const unknown = asked.filter((part) => !(PARTS as readonly string[]).includes(part));
  if (unknown.length > 0)
    throw new Error(`--only takes ${PARTS.join(', ')}; not ${unknown.join(', ')}`);
  return new Set(asked as Part[]);
}

/** @returns durable events a second */
async function benchLog(
  context: BenchContext,
  { home, events, parts }: { home: string; events: number; parts: ReadonlySet<Part> },
): Promise<number> {
  const swarmd = await startBenchSwarmd(home);
  let size = 0;
  let ours = 0;
  try {
    const before = await swarmd.memoryMb();
    ({ eventsPerSecond: ours } = await benchAppend(context, { swarmd, events }));
    ({ size } = await swarmd.status());
    const after = await swarmd.memoryMb();
    const memory = { unit: 'MB' as const, note: `${size} entries; swarmd with its threads` };
    context.report({ ...memory, name: 'audit.memory.before', values: [before.resident] });
    context.report({ ...memory, name: 'audit.memory.after', values: [after.resident] });
    context.report({ ...memory, name: 'audit.memory.peak', values: [after.peak] });
    if (parts.has('query')) await benchQueries(context, { swarmd, size });
  } finally {
    await swarmd.stop();
  }
  const audit = join(home, 'audit');
  if (parts.has('disk')) await benchDisk(context, { audit, size });
  if (parts.has('verify')) await benchVerify(context, { audit, size });
  return ours;
}
