/** The log of an agent: the lines of all its machines as one, oldest first. */
import type { Actor } from '../contracts/actor.ts';
import type { LogRecordResource, MachineResource } from '../contracts/resources.ts';
import type { LogRecord } from '../machines/machines.ts';
import type { ApiParts } from './api-parts.ts';
import type { LogPosition } from './log-position.ts';
import { mergeLive } from './merge-live.ts';
import { type MostLines, mergeLogs, newestLines } from './merge-logs.ts';

/** What reading it needs, whichever endpoint tells it. */
export const LOG_PERMISSION = 'read';

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

/** As AgentLogsQuery; filtered nowhere, so that the lines between two of a machine are known. */
export interface LogStepsQuery
  extends Pick<AgentLogsQuery, 'actor' | 'agent' | 'follow' | 'signal'> {
  /** Only what is behind it. It is read before the first step, and is the reader’s to go on with. */
  readonly from?: LogPosition;
  /** Of what is there, the newest so many; behind `from`, so many lines of each machine. */
  readonly most: MostLines;
  readonly maxQueued: number;
}

/** What is read in the log, so that a reader knows at each step how far that is: see LogPosition. */
export type LogStep =
  /** Lines of these machines come behind that one of each. */
  | { readonly type: 'begin'; readonly told: readonly (readonly [machine: string, seq: number])[] }
  | { readonly type: 'line'; readonly line: LogRecordResource }
  | { readonly type: 'end'; readonly machine: string };

type Parts = Pick<ApiParts, 'fleet' | 'machines'>;
type Query = AgentLogsQuery & Partial<Pick<LogStepsQuery, 'from' | 'most' | 'maxQueued'>>;

const QUEUED_LINES = 1_000;

export async function* agentLogs(
  parts: Parts,
  query: AgentLogsQuery,
): AsyncGenerator<LogRecordResource> {
  for await (const step of readSteps(parts, query)) if (step.type === 'line') yield step.line;
}

/** @throws agent_not_found; ends when the agent is deleted */
export function agentLogSteps(parts: Parts, query: LogStepsQuery): AsyncGenerator<LogStep> {
  return readSteps(parts, query);
}

async function* readSteps(parts: Parts, query: Query): AsyncGenerator<LogStep> {
  const { from, follow, signal } = query;
  const first = await machinesOf(parts, query);
  const left = first.filter((machine) => from?.isPassed(machine) !== true);
  const seen = new Map(left.map(({ id }) => [id, from?.toldOf(id) ?? 0]));
  const kept = mergeLogs(
    left.map((machine) =>
      readLines(parts, { machine, query, afterSeq: seen.get(machine.id) ?? 0 }),
    ),
  );
  yield* historySteps(query, { kept: noting(kept, seen), seen });
  const ended = new Set(first.filter((one) => one.endedAt !== null).map((one) => one.id));
  for (const machine of ended) yield { type: 'end', machine };
  if (!follow) return;
  yield* mergeLive<LogStep>(
    { maxQueued: query.maxQueued ?? QUEUED_LINES, signal },
    async (add, over) => {
      const known = new Set(ended);
      const look = async () => {
        for (const machine of await machinesOf(parts, query)) {
          if (known.has(machine.id)) continue;
          known.add(machine.id);
          const afterSeq = seen.get(machine.id);
          add(followMachine(parts, { machine, query, afterSeq, signal: over }));
        }
      };
      await look();
      const events = parts.fleet.watch(query.actor, { agent: query.agent, signal: over });
      for await (const event of events) {
        if (event.type === 'agent_deleted') return;
        await look();
      }
    },
  );
}

interface History {
  readonly kept: AsyncIterable<LogRecordResource>;
  /** By machine, the newest line that was read. */
  readonly seen: ReadonlyMap<string, number>;
}

/** What is there already; each machine begins behind what is told of it, or is left out on purpose. */
async function* historySteps(
  { from, most, tail }: Query,
  { kept, seen }: History,
): AsyncGenerator<LogStep> {
  // Who resumes is told what is missing; who begins asked for no more.
  if (from !== undefined) yield { type: 'begin', told: [...seen] };
  if (from !== undefined || (most === undefined && tail === undefined)) {
    // As it is read: nothing is held for a reader that takes its time.
    for await (const line of kept) yield { type: 'line', line };
    return;
  }
  const bounds = most ?? { lines: tail ?? 0, characters: Number.POSITIVE_INFINITY };
  const lines = await newestLines(kept, bounds);
  const firsts = new Map<string, number>();
  for (const { machine, seq } of lines) if (!firsts.has(machine)) firsts.set(machine, seq);
  const told = [...seen].map(
    ([machine, newestSeq]) => [machine, (firsts.get(machine) ?? newestSeq + 1) - 1] as const,
  );
  yield { type: 'begin', told };
  for (const line of lines) yield { type: 'line', line };
}

async function* noting(
  lines: AsyncIterable<LogRecordResource>,
  seen: Map<string, number>,
): AsyncGenerator<LogRecordResource> {
  for await (const line of lines) {
    seen.set(line.machine, line.seq);
    yield line;
  }
}

async function machinesOf(
  { fleet }: Parts,
  { actor, agent, replica }: Query,
): Promise<MachineResource[]> {
  const machines = await fleet.machines(actor, agent);
  return machines.filter((machine) => replica === undefined || machine.replica === replica);
}

interface OneMachine {
  readonly machine: MachineResource;
  readonly query: Query;
  readonly afterSeq: number;
}

async function* readLines(
  { machines }: Parts,
  { machine, query, afterSeq }: OneMachine,
): AsyncGenerator<LogRecordResource> {
  const tail = query.most?.lines ?? query.tail;
  const records = machines.logs(machine.id, {
    signal: query.signal,
    // The newest N of one stream are not among the newest N of both.
    ...(tail !== undefined && query.stream === undefined && { tail }),
    ...(afterSeq > 0 && { afterSeq }),
    ...(query.sinceMs !== undefined && { sinceMs: query.sinceMs }),
  });
  yield* linesOf(records, { machine, query });
}

async function* followMachine(
  { machines }: Parts,
  options: Omit<OneMachine, 'afterSeq'> & {
    /** undefined: it is new. */
    readonly afterSeq: number | undefined;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<LogStep> {
  const { machine, query, afterSeq, signal } = options;
  if (afterSeq === undefined) yield { type: 'begin', told: [[machine.id, 0]] };
  const records = machines.logs(machine.id, {
    // Of one that has ended all lines are there.
    follow: machine.endedAt === null,
    signal,
    ...(afterSeq !== undefined && { afterSeq }),
    ...(query.sinceMs !== undefined && { sinceMs: query.sinceMs }),
  });
  for await (const line of linesOf(records, options)) yield { type: 'line', line };
  if (!signal.aborted) yield { type: 'end', machine: machine.id };
}

async function* linesOf(
  records: AsyncIterable<LogRecord>,
  { machine, query }: Pick<OneMachine, 'machine' | 'query'>,
): AsyncGenerator<LogRecordResource> {
  const { replica, revision } = machine;
  for await (const { machineId, ...same } of records)
    if (query.stream === undefined || same.stream === query.stream)
      yield { machine: machineId, replica, revision, ...same };
}
