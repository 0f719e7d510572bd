/** How calls ended: today's sums so far, the last hour by slots, and then what ends from now on. */
import { sleep } from '../../base/wait.ts';
import type { OutcomePage } from '../../contracts/outcome.ts';
import type { AuditSearch, CommittedLog, LogPosition } from '../ports.ts';
import type { IndexedSizes } from './indexed-sizes.ts';
import type { QueryCalls } from './thread-messages.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** An hour, and the minute that is now. */
const SLOTS_MS = 61 * MINUTE_MS;
/** Rows of one statement: some tens of milliseconds. */
const COUNT_ENTRIES = 100_000;
/** Calls that went on while a day began are among so many entries. */
const OPEN_ENTRIES = 50_000;
/** Asked no oftener: each answer costs the thread a little, however little there is. */
const PACE_MS = 200;
const NEWEST = 20;
const OPENING_MS = 500;

export interface FollowOutcomesOptions {
  readonly workspaceId: string;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  readonly sizes: IndexedSizes;
  readonly list: AuditSearch['list'];
  log(): CommittedLog;
  /** false: nobody knows yet how long the log is. */
  isLogOpen(): boolean;
  /** Nothing beyond what is indexed. */
  indexedLog(): CommittedLog;
  ask<Name extends 'outcomes' | 'entryAtTime' | 'countOutcomes'>(
    method: Name,
    args: Omit<QueryCalls[Name]['args'], 'workspaceId'>,
  ): Promise<QueryCalls[Name]['result']>;
}

/** Ends when the signal comes. @throws audit_index_unavailable: to be begun anew then */
export async function* followOutcomes(options: FollowOutcomesOptions): AsyncGenerator<OutcomePage> {
  const { workspaceId, nowMs, signal, sizes, ask } = options;
  while (!options.isLogOpen() && !signal.aborted)
    await sleep(OPENING_MS, undefined, { signal, ref: false }).catch(() => undefined);
  const target = options.log().size;
  while (!signal.aborted && !(await sizes.reached(workspaceId, target, { signal })));
  if (signal.aborted) return;
  let afterSeq = -1;
  let position: LogPosition | undefined;
  if (target > 0) {
    const log = options.indexedLog();
    const slots = await ask('entryAtTime', { sinceMs: nowMs - SLOTS_MS, log });
    yield { type: 'slots', groups: [], ...(await newest(options)), isCaughtUp: false };
    yield* countDay(options, { log, beforeSeq: slots.seq });
    afterSeq = slots.seq - 1;
    position = slots.position;
  }
  let isCaughtUp = afterSeq + 1 >= target;
  if (isCaughtUp) yield { type: 'slots', groups: [], failures: [], refusals: [], isCaughtUp };
  while (!signal.aborted) {
    if (!(await sizes.reached(workspaceId, afterSeq + 2, { signal }))) continue;
    const { through, ...page } = await ask('outcomes', {
      ...{ afterSeq, position },
      log: options.indexedLog(),
    });
    const isStuck = through === afterSeq;
    ({ position } = page);
    afterSeq = through;
    isCaughtUp ||= afterSeq + 1 >= target;
    const { groups, failures, refusals } = page;
    yield { type: 'slots', groups, failures, refusals, isCaughtUp };
    if (isCaughtUp || isStuck)
      await sleep(PACE_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function newest({ workspaceId, list }: FollowOutcomesOptions) {
  const page = { limit: NEWEST };
  const failures = await list(workspaceId, { status: ['error', 'unknown'] }, page);
  const refusals = await list(workspaceId, { status: ['refused'] }, page);
  return { failures: failures.items, refusals: refusals.items };
}

async function* countDay(
  { nowMs, signal, ask }: FollowOutcomesOptions,
  { log, beforeSeq }: { readonly log: CommittedLog; readonly beforeSeq: number },
): AsyncGenerator<OutcomePage> {
  const dayStartMs = nowMs - (nowMs % DAY_MS);
  const { seq } = await ask('entryAtTime', { sinceMs: dayStartMs, log });
  if (seq >= beforeSeq) return;
  const ended = { endedFrom: seq, endedTo: beforeSeq };
  for (let from = Math.max(0, seq - OPEN_ENTRIES); from < beforeSeq; from += COUNT_ENTRIES) {
    if (signal.aborted) return;
    const to = Math.min(from + COUNT_ENTRIES, beforeSeq);
    yield { type: 'day', dayStartMs, sums: await ask('countOutcomes', { from, to, ...ended }) };
  }
}
