import { type Clock, isoTime } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { serviceEventActor } from '../../contracts/event-actor.ts';
import type { RetentionRun } from '../../contracts/retention.ts';
import type { AuditRetentionStore } from '../../store/store.ts';
import type { AuditSearch, LogWriter } from '../ports.ts';
import { type Candidate, type ErasureStep, erasureSteps, without } from './erasure-steps.ts';
import { retentionEvents } from './events.ts';
import { type PastErasure, pastErasures } from './past-erasures.ts';
import { type Erasable, planErasure, type Sweep } from './plan-erasure.ts';
import { SeqRanges } from './seq-ranges.ts';

/** Time for the index to catch up. It may be made again just then: a run is tried again later. */
const CATCH_UP_MS = 60_000;

export interface EraserOptions {
  readonly store: AuditRetentionStore;
  readonly writer: Pick<LogWriter, 'append' | 'erase' | 'committed'>;
  readonly search: Pick<AuditSearch, 'caughtUp' | 'entries' | 'forget' | 'list' | 'openIntents'>;
  readonly workspaceId: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Runs its work alone: no setting or hold changes meanwhile. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Ends a run after the step that is under way. */
  readonly signal: AbortSignal;
}

export interface Eraser {
  /** To be called in the turn of a change: a run that is under way goes by the new policy then. */
  policyChanged(): void;
  /** What the log says was erased, newest first. @throws audit_index_unavailable */
  past(timeoutMs: number): AsyncIterable<PastErasure>;
  run(): Promise<RetentionRun>;
}

type Totals = { -readonly [Key in keyof RetentionRun]: RetentionRun[Key] };

export function createEraser(options: EraserOptions): Eraser {
  const { store, writer, search, workspaceId, clock, log, inTurn, signal } = options;
  const erased = { payloads: new SeqRanges(), events: new SeqRanges() };
  let knowsPast = false;
  let policy = 0;

  const caughtUp = (timeoutMs: number) =>
    search.caughtUp(workspaceId, writer.committed(workspaceId).size, { timeoutMs });

  const pastBehind = (afterSeq: number) =>
    pastErasures(search, { workspaceId, kind: retentionEvents['audit.erased'], afterSeq });

  /** The log has said it: now it is so. May be done again from its beginning. */
  async function carryOut(said: Pick<PastErasure, 'seq' | 'what' | 'ranges'>): Promise<void> {
    const { seq, what, ranges } = said;
    erased[what].add(ranges);
    await writer.erase(workspaceId, { what, ranges });
    await search.forget(workspaceId, { what, ranges });
    await store.markErased(workspaceId, seq);
  }

  /** What was said before a crash or an error, and not carried out to its end. */
  async function finish(): Promise<void> {
    const unfinished = await Array.fromAsync(pastBehind(await store.erasedUpTo(workspaceId)));
    for (const said of unfinished.reverse()) {
      await carryOut(said);
      log.info({ seq: said.seq, entries: said.entries }, 'an erasure that was cut off is finished');
    }
  }

  async function learnPast(): Promise<void> {
    if (knowsPast) return;
    for await (const { what, ranges } of pastBehind(-1)) erased[what].add(ranges);
    knowsPast = true;
  }

  async function* candidates(sweep: Sweep, size: number): AsyncGenerator<Candidate> {
    const found = (terms: Sweep['find']) => search.entries(workspaceId, terms, { size, signal });
    const open = await search.openIntents(workspaceId, size);
    const openSeqs = open.map(({ seq }) => ({ seq })).sort((a, b) => a.seq - b.seq);
    const spared = [...sweep.spare.map(found), oneBatch(openSeqs)];
    for await (const { seq, payloadBytes } of without(found(sweep.find), spared))
      yield {
        seq,
        erases:
          !erased.events.has(seq) &&
          (sweep.what === 'events' || (payloadBytes > 0 && !erased.payloads.has(seq))),
      };
  }

  async function announce(sweep: Sweep, { ranges, entries }: ErasureStep): Promise<number> {
    const days =
      sweep.what === 'payloads' ? { keepPayloadsDays: sweep.days } : { keepEventsDays: sweep.days };
    const draft = {
      kind: retentionEvents['audit.erased'],
      actor: serviceEventActor('retention'),
      time: isoTime(clock.nowMs()),
      ...(sweep.agent !== null && { agent: sweep.agent }),
      attributes: {
        what: sweep.what,
        ranges: ranges.map(([first, last]) => [first, last]),
        entries,
        setting: { agent: sweep.agent, ...days },
        before: isoTime(Number(sweep.beforeNs / 1_000_000n)),
      },
      phase: 'whole',
    } as const;
    const [receipt] = await writer.append(workspaceId, [{ draft }]);
    if (receipt === undefined) throw new Error('the writer gave no receipt');
    return receipt.seq;
  }

  /** @returns false: the policy was changed, or swarmd ends; what is left was planned for nothing */
  async function sweepAll(totals: Totals, size: number): Promise<boolean> {
    const [planned, sweeps] = await inTurn(async () => {
      const settings = await store.settings(workspaceId);
      const holds = await store.holds(workspaceId);
      return [policy, planErasure({ settings, holds, nowMs: clock.nowMs() })] as const;
    });
    if (sweeps.length > 0) await learnPast();
    for (const sweep of sweeps)
      for await (const step of erasureSteps(candidates(sweep, size))) {
        const stands = await inTurn(async () => {
          if (planned !== policy || signal.aborted) return false;
          const { what } = sweep;
          await carryOut({ seq: await announce(sweep, step), what, ranges: step.ranges });
          return true;
        });
        if (!stands) return false;
        totals.erasures++;
        totals[COUNTED[sweep.what]] += step.entries;
      }
    return true;
  }

  return {
    policyChanged() {
      policy++;
    },
    async *past(timeoutMs) {
      await caughtUp(timeoutMs);
      yield* pastBehind(-1);
    },
    async run() {
      const startedAt = isoTime(clock.nowMs());
      const totals = { startedAt, endedAt: startedAt, ...NOTHING_YET };
      await caughtUp(CATCH_UP_MS);
      await inTurn(finish);
      const { size } = writer.committed(workspaceId);
      await caughtUp(CATCH_UP_MS);
      while (!signal.aborted && !(await sweepAll(totals, size)));
      return { ...totals, endedAt: isoTime(clock.nowMs()) };
    },
  };
}

const NOTHING_YET = { payloadsErased: 0, eventsErased: 0, erasures: 0 };
const COUNTED = { payloads: 'payloadsErased', events: 'eventsErased' } as const satisfies Record<
  Erasable,
  keyof Totals
>;

async function* oneBatch<T>(batch: readonly T[]): AsyncGenerator<readonly T[]> {
  yield batch;
}
