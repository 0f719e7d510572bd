/** The log of an agent: the lines of all its machines as one, oldest first. */
import type { Actor } from '../contracts/actor.ts';
import type { LogRecordResource, MachineResource } from '../contracts/resources.ts';
import type { ApiParts } from './api-parts.ts';
import { mergeLive } from './merge-live.ts';

export interface AgentLogsQuery {
  readonly actor: Actor;
  readonly agent: string;
  readonly follow: boolean;
  readonly tail?: number;
  readonly sinceMs?: number;
  readonly replica?: number;
  readonly stream?: LogRecordResource['stream'];
  readonly signal: AbortSignal;
}

type Parts = Pick<ApiParts, 'fleet' | 'machines'>;

/** So many lines are read again when following begins, to find where the first reading ended. */
const OVERLAP_LINES = 2_000;
const QUEUED_LINES = 1_000;

export async function* agentLogs(
  parts: Parts,
  query: AgentLogsQuery,
): AsyncGenerator<LogRecordResource> {
  const first = await machinesOf(parts, query);
  const lastSeq = new Map<string, number>();
  const kept = merge(first.map((machine) => readLines(parts, { machine, query })));
  for await (const line of newest(kept, query.tail)) {
    lastSeq.set(line.machine, line.seq);
    yield line;
  }
  if (!query.follow) return;
  const ended = new Set(first.filter((one) => one.endedAt !== null).map((one) => one.id));
  yield* mergeLive<LogRecordResource>(
    { maxQueued: QUEUED_LINES, signal: query.signal },
    async (add, signal) => {
      const known = new Set(ended);
      const look = async () => {
        for (const machine of await machinesOf(parts, query)) {
          if (known.has(machine.id)) continue;
          known.add(machine.id);
          add(followMachine(parts, { machine, query, afterSeq: lastSeq.get(machine.id), signal }));
        }
      };
      await look();
      const events = parts.fleet.watch(query.actor, { agent: query.agent, signal });
      for await (const event of events) {
        if (event.type === 'agent_deleted') return;
        await look();
      }
    },
  );
}

async function machinesOf(
  { fleet }: Parts,
  { actor, agent, replica }: AgentLogsQuery,
): Promise<MachineResource[]> {
  const machines = await fleet.machines(actor, agent);
  return machines.filter((machine) => replica === undefined || machine.replica === replica);
}

interface OneMachine {
  readonly machine: MachineResource;
  readonly query: AgentLogsQuery;
}

async function* readLines(
  { machines }: Parts,
  { machine, query }: OneMachine,
): AsyncGenerator<LogRecordResource> {
  const records = machines.logs(machine.id, {
    signal: query.signal,
    // The newest N of one stream are not among the newest N of both.
    ...(query.tail !== undefined && query.stream === undefined && { tail: query.tail }),
    ...(query.sinceMs !== undefined && { sinceMs: query.sinceMs }),
  });
  for await (const record of records) {
    if (query.stream !== undefined && record.stream !== query.stream) continue;
    const { machineId, ...same } = record;
    const { replica, revision } = machine;
    yield { machine: machineId, replica, revision, ...same };
  }
}

async function* followMachine(
  { machines }: Parts,
  options: OneMachine & { afterSeq: number | undefined; signal: AbortSignal },
): AsyncGenerator<LogRecordResource> {
  const { machine, query, afterSeq, signal } = options;
  const records = machines.logs(machine.id, {
    follow: true,
    signal,
    ...(afterSeq !== undefined && { tail: OVERLAP_LINES }),
    ...(query.sinceMs !== undefined && { sinceMs: query.sinceMs }),
  });
  for await (const record of records) {
    if (afterSeq !== undefined && record.seq <= afterSeq) continue;
    if (query.stream !== undefined && record.stream !== query.stream) continue;
    const { machineId, ...same } = record;
    const { replica, revision } = machine;
    yield { machine: machineId, replica, revision, ...same };
  }
}

/** Sources that are each in order, as one in order of time; holds one line of each. */
async function* merge(
  sources: readonly AsyncGenerator<LogRecordResource>[],
): AsyncGenerator<LogRecordResource> {
  const heads: { line: LogRecordResource; source: AsyncGenerator<LogRecordResource> }[] = [];
  const advance = async (source: AsyncGenerator<LogRecordResource>) => {
    const next = await source.next();
    if (next.done !== true) heads.push({ line: next.value, source });
  };
  try {
    for (const source of sources) await advance(source);
    for (;;) {
      let earliest = 0;
      for (let i = 1; i < heads.length; i++)
        if (isBefore(heads[i]?.line, heads[earliest]?.line)) earliest = i;
      const [head] = heads.splice(earliest, 1);
      if (head === undefined) return;
      yield head.line;
      await advance(head.source);
    }
  } finally {
    for (const source of sources) await source.return(undefined);
  }
}

function isBefore(a: LogRecordResource | undefined, b: LogRecordResource | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return comparableTime(a.time) < comparableTime(b.time);
}

/** RFC 3339 in UTC with any number of decimals, as text that sorts by time. */
function comparableTime(time: string): string {
  const [seconds = '', fraction = ''] = time.replace('Z', '').split('.');
  return `${seconds}.${fraction.padEnd(9, '0')}`;
}

/** The last `count` items, or all of them when there is no count. */
async function* newest<T>(source: AsyncIterable<T>, count: number | undefined): AsyncGenerator<T> {
  if (count === undefined) return yield* source;
  let kept: T[] = [];
  for await (const item of source) {
    kept.push(item);
    if (kept.length > 2 * count + 1_000) kept = count === 0 ? [] : kept.slice(-count);
  }
  yield* count === 0 ? [] : kept.slice(-count);
}
