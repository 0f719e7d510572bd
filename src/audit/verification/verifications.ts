/**
 * Goes over a workspace's log from time to time, or when somebody asks, with the verifier that
 * shares no code with what wrote it. What it finds is an event, so that the last one is known after
 * a restart, too.
 */
import { type Clock, isoTime } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import { newId } from '../../base/ids.ts';
import type { Logger } from '../../base/logger.ts';
import type {
  AuditVerification,
  AuditVerifications,
  BegunVerification,
} from '../../contracts/audit-verification.ts';
import { serviceEventActor } from '../../contracts/event-actor.ts';
import type { Trail } from '../../contracts/trail.ts';
import { auditErrors } from '../errors.ts';
import type { AuditSearch, LogWriter } from '../ports.ts';
import type { ChangedBy } from '../retention/retention.ts';
import { verificationEvents } from './events.ts';
import { nextVerificationAtMs } from './next-verification.ts';
import { type PastVerifications, pastVerifications } from './past-verifications.ts';
import type { Verdict } from './read-verdict.ts';

/** How often it is looked whether it is time: clocks are set, and timers do not reach far. */
const LOOK_EVERY_MS = 60_000;
const HOUR_MS = 3_600_000;
const NS_PER_MS = 1_000_000;
const MAX_REASON_LENGTH = 500;
const BY_ITSELF: ChangedBy = { actor: serviceEventActor('verification') };

export interface VerificationsOptions {
  readonly workspaceId: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly trail: Pick<Trail, 'note'>;
  readonly search: Pick<AuditSearch, 'list' | 'indexed'>;
  readonly writer: Pick<LogWriter, 'committed'>;
  /** 0: never by itself. */
  readonly everyHours: number;
  /** Goes over the log; rejects when it comes to no verdict. */
  readonly verify: (signal: AbortSignal) => Promise<Verdict>;
}

interface Running {
  readonly event: string;
  readonly startedAtMs: number;
  readonly by: ChangedBy;
  readonly ended: Promise<void>;
}

export class Verifications {
  readonly #options: VerificationsOptions;
  readonly #closing = new AbortController();
  readonly #startedAtMs: number;
  readonly #sizeAtStart: number;
  #past: PastVerifications = { last: null, unfinished: null };
  /** false: the log may tell of others than `past`. */
  #isKnown = false;
  #running: Running | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: VerificationsOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.nowMs();
    this.#sizeAtStart = options.writer.committed(options.workspaceId).size;
  }

  async describe(): Promise<AuditVerifications> {
    const { everyHours, clock } = this.#options;
    await this.#learn().catch(() => undefined);
    const nextMs = this.#isKnown ? this.#nextAtMs() : null;
    const running = this.#running;
    return {
      everyHours: everyHours === 0 ? null : everyHours,
      nextAt: nextMs === null ? null : isoTime(Math.max(nextMs, clock.nowMs())),
      running: running === undefined ? null : { ...begunOf(running), by: running.by.actor.name },
      ...this.#past,
    };
  }

  /** The last one that came to a verdict, as far as that is known by now. */
  last(): AuditVerification | null {
    return this.#past.last;
  }

  /** Joins the one that is under way. @throws audit_unavailable: swarmd stops */
  begin(by: ChangedBy): BegunVerification {
    if (this.#closing.signal.aborted) throw auditErrors.audit_unavailable('swarmd stops.');
    if (this.#running !== undefined) return this.#join(this.#running, by);
    const what = { event: newId('evt'), startedAtMs: this.#options.clock.nowMs(), by };
    const ended = this.#verify(what).finally(() => {
      this.#running = undefined;
    });
    this.#running = { ...what, ended };
    return { ...begunOf(what), joined: false };
  }

  #join(running: Running, by: ChangedBy): BegunVerification {
    const attributes = { ...by.attributes, verification: running.event };
    const kind = verificationEvents['audit.verification_joined'];
    this.#options.trail.note({ ...by, kind, attributes });
    return { ...begunOf(running), joined: true };
  }

  /** Begins one whenever it is time, from now on. */
  start(): void {
    void this.#look();
  }

  /** Ends the one that is under way, without a verdict. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    await this.#running?.ended;
  }

  async #look(): Promise<void> {
    const { clock, log } = this.#options;
    await this.#learn().catch((error: unknown) =>
      log.debug({ error: describeError(error) }, 'the last verification is not known yet'),
    );
    const atMs = this.#nextAtMs();
    if (this.#closing.signal.aborted || (this.#isKnown && atMs === null)) return;
    const isTime = this.#isKnown && atMs !== null && atMs <= clock.nowMs();
    if (isTime && this.#running === undefined) this.begin(BY_ITSELF);
    this.#timer = setTimeout(() => void this.#look(), LOOK_EVERY_MS).unref();
  }

  async #learn(): Promise<void> {
    if (this.#isKnown) return;
    const { search, workspaceId } = this.#options;
    const hasAll = search.indexed(workspaceId) >= this.#sizeAtStart;
    const told = await pastVerifications(search, workspaceId);
    const { last, unfinished } = this.#past;
    // What ended meanwhile is newer.
    this.#past = { last: last ?? told.last, unfinished: unfinished ?? told.unfinished };
    this.#isKnown = hasAll;
  }

  #nextAtMs(): number | null {
    const { clock, everyHours } = this.#options;
    const { last, unfinished } = this.#past;
    return nextVerificationAtMs({
      ...{ startedAtMs: this.#startedAtMs, nowMs: clock.nowMs() },
      everyMs: everyHours === 0 ? null : everyHours * HOUR_MS,
      lastAtMs: last === null ? undefined : Date.parse(last.time),
      unfinishedAtMs: unfinished === null ? undefined : Date.parse(unfinished.time),
    });
  }

  async #verify({ event, startedAtMs, by }: Omit<Running, 'ended'>): Promise<void> {
    const { signal } = this.#closing;
    const begun = performance.now();
    let verdict: Verdict;
    try {
      verdict = await this.#options.verify(signal);
    } catch (error) {
      const reason = signal.aborted ? 'swarmd stopped meanwhile' : describeError(error);
      verdict = { verdict: 'none', reason: reason.slice(0, MAX_REASON_LENGTH) };
    }
    const what = { event, time: isoTime(startedAtMs), durationMs: performance.now() - begun };
    if (verdict.verdict === 'none') this.#endedWithout(verdict.reason, { ...what, by });
    else this.#endedWith(verdict, { ...what, by });
  }

  #endedWithout(reason: string, { event, time, durationMs, by }: Ended): void {
    const { log, trail, workspaceId } = this.#options;
    this.#past = { ...this.#past, unfinished: { event, time, by: by.actor.name, reason } };
    if (!this.#closing.signal.aborted)
      log.warn({ workspaceId, reason }, 'the audit log could not be verified');
    trail.note({
      ...by,
      kind: verificationEvents['audit.verification_unfinished'],
      ...{ id: event, time, durationNs: nanoseconds(durationMs), status: 'error' },
      error: { code: 'verification_unfinished', message: reason },
    });
  }

  #endedWith(found: Found, { event, time, durationMs, by }: Ended): void {
    const { log, trail, workspaceId } = this.#options;
    const last = { event, time, by: by.actor.name, ...found, durationMs };
    this.#past = { last, unfinished: null };
    this.#isKnown = true;
    const { verdict, findings, problem, ...seen } = found;
    const draft = { ...by, id: event, time, durationNs: nanoseconds(durationMs) };
    if (verdict === 'intact') {
      const kind = verificationEvents['audit.verified'];
      trail.note({ ...draft, kind, attributes: { ...by.attributes, ...seen } });
      return;
    }
    log.error({ workspaceId, findings, problem }, 'the audit log is not what was written');
    trail.note({
      ...draft,
      kind: verificationEvents['audit.verification_failed'],
      status: 'error',
      ...(problem !== null && { error: { code: problem.code, message: problem.message } }),
      attributes: { ...by.attributes, ...seen, findings, problem },
    });
  }
}

type Found = Exclude<Verdict, { readonly verdict: 'none' }>;

interface Ended {
  readonly event: string;
  readonly time: string;
  readonly durationMs: number;
  readonly by: ChangedBy;
}

const nanoseconds = (ms: number) => Math.round(ms * NS_PER_MS);

function begunOf({ event, startedAtMs }: Pick<Running, 'event' | 'startedAtMs'>) {
  return { event, startedAt: isoTime(startedAtMs) };
}
