/**
 * Erases what the settings no longer keep, and nothing that a hold names. The order of each step
 * (say it, overwrite it, forget it, mark it done) lets it be finished after a crash at any point;
 * steps and changes of settings and holds come one after the other, so a hold is either there
 * before a step and stops it, or learns that it came too late.
 */
import { isoTime } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type {
  HoldBody,
  HoldResource,
  PlacedHold,
  RetentionBody,
  RetentionResource,
  RetentionRun,
  RetentionSetting,
} from '../../contracts/retention.ts';
import type { Trail } from '../../contracts/trail.ts';
import { createEraser, type EraserOptions } from './eraser.ts';
import { eventTimeNs } from './event-time-ns.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { PastErasure } from './past-erasures.ts';
import {
  type ChangedBy,
  createPolicyChanges,
  holdResourceOf,
  settingResource,
} from './policy-changes.ts';

export type { ChangedBy } from './policy-changes.ts';

const RUN_EVERY_MS = 3_600_000;
/** After a run that failed, and before the first one: a start has other things to do. */
const RETRY_MS = 60_000;
/** For who places a hold: longer, and it is not found out what the hold came too late for. */
const CATCH_UP_FOR_HOLD_MS = 5_000;

export interface RetentionOptions extends Omit<EraserOptions, 'inTurn' | 'signal'> {
  readonly trail: Pick<Trail, 'begin' | 'record'>;
}

/** Changes throw audit_unavailable when their event cannot be written, and then change nothing. */
export interface Retention {
  describe(): Promise<RetentionResource>;
  set(body: RetentionBody, by: ChangedBy): Promise<RetentionSetting>;
  /** @throws audit_retention_not_found */
  unset(agent: string | null, by: ChangedBy): Promise<void>;
  holds(): Promise<readonly HoldResource[]>;
  /** @throws audit_hold_exists */
  placeHold(body: HoldBody, by: ChangedBy): Promise<PlacedHold>;
  /** @throws audit_hold_not_found */
  releaseHold(name: string, by: ChangedBy): Promise<void>;
  /**
   * Goes over the log now; joins a run that is under way.
   * @throws audit_unavailable, audit_index_unavailable
   */
  run(): Promise<RetentionRun>;
  /** Runs by itself from now on, every hour. */
  start(): void;
  /** Ends after the step that is under way. */
  close(): Promise<void>;
}

export function createRetention(options: RetentionOptions): Retention {
  const { store, workspaceId, clock, log } = options;
  const inTurn = oneAtATime();
  const closing = new AbortController();
  const changes = createPolicyChanges(options);
  const eraser = createEraser({ ...options, inTurn, signal: closing.signal });
  let running: Promise<RetentionRun> | undefined;
  let lastRun: RetentionRun | null = null;
  let nextRunAtMs: number | undefined;
  let timer: NodeJS.Timeout | undefined;

  /** One turn. Whatever became of it, a run that is under way plans anew. */
  const change = <T>(work: () => Promise<T>) =>
    inTurn(() => work().finally(() => eraser.policyChanged()));

  async function tooLate(hold: HoldResource): Promise<PlacedHold['tooLate']> {
    let [erasures, entries] = [0, 0];
    let lastAt: string | null = null;
    try {
      for await (const past of eraser.past(CATCH_UP_FOR_HOLD_MS)) {
        if (!mayHaveTaken(past, hold)) continue;
        erasures++;
        entries += past.entries;
        lastAt ??= past.recorded;
      }
      return { erasures, entries, lastAt };
    } catch (error) {
      log.warn(
        { hold: hold.name, error: describeError(error) },
        'what a hold came too late for could not be found out',
      );
      return null;
    }
  }

  function run(): Promise<RetentionRun> {
    running ??= eraser.run().finally(() => {
      running = undefined;
    });
    return running.then((ended) => {
      lastRun = ended;
      return ended;
    });
  }

  function schedule(afterMs: number): void {
    if (closing.signal.aborted) return;
    nextRunAtMs = clock.nowMs() + afterMs;
    timer = setTimeout(async () => {
      const again = await run().then(
        () => RUN_EVERY_MS,
        (error: unknown) => {
          if (!closing.signal.aborted)
            log.warn({ error: describeError(error) }, 'retention of the audit log could not run');
          return RETRY_MS;
        },
      );
      schedule(again);
    }, afterMs);
    timer.unref();
  }

  return {
    async describe() {
      const items = (await store.settings(workspaceId)).map(settingResource);
      const next = items.length === 0 ? undefined : nextRunAtMs;
      return { items, lastRun, nextRunAt: next === undefined ? null : isoTime(next) };
    },
    set: (body, by) => change(() => changes.set(body, by)),
    unset: (agent, by) => change(() => changes.unset(agent, by)),
    holds: async () => (await store.holds(workspaceId)).map(holdResourceOf),
    placeHold: (body, by) =>
      change(async () => {
        const hold = await changes.place(body, by);
        return { hold, tooLate: await tooLate(hold) };
      }),
    releaseHold: (name, by) => change(() => changes.release(name, by)),
    run,
    start: () => schedule(RETRY_MS),
    async close() {
      closing.abort();
      clearTimeout(timer);
      await running?.catch(() => undefined);
      await inTurn(() => Promise.resolve());
    },
  };
}

/** An erasure says whose setting it carried out and what time it reached up to, not what it took. */
function mayHaveTaken(past: PastErasure, hold: HoldResource): boolean {
  if (past.agent !== null && hold.agent !== undefined && past.agent !== hold.agent) return false;
  return hold.since === undefined || eventTimeNs(hold.since) < eventTimeNs(past.before);
}
