/**
 * One workspace on the writer's thread: group commit, failures, recovery and publishing. While a
 * frame is being made durable, what arrives is encoded for the next one.
 */
import { fdatasync } from 'node:fs';
import { isoTime } from '../../base/clock.ts';
import { describeError, SwarmError } from '../../base/errors.ts';
import { serviceEventActor } from '../../contracts/event-actor.ts';
import type { EventKind } from '../../contracts/event-kinds.ts';
import { auditErrors } from '../errors.ts';
import type { AppendItem, CommittedLog, LogPosition } from '../ports.ts';
import { type Erasure, eraseRanges } from './erase-ranges.ts';
import { logEvents } from './events.ts';
import { Publisher } from './publisher.ts';
import type { StagedFrame } from './staged-frame.ts';
import { type StagedEntries, WorkspaceLog, type WorkspaceLogOptions } from './workspace-log.ts';

export interface WorkspaceWriterOptions extends WorkspaceLogOptions {
  readonly publishAfterMs: number;
  nowMs(): number;
  /** For swarmd's own log. */
  report(level: 'warn' | 'error', fields: object, text: string): void;
  onCommitted(committed: CommittedLog): void;
  /** undefined: it can be written. */
  onStateChange(reason: string | undefined): void;
}

export interface Appended {
  readonly firstSeq: number;
}

/** Why it cannot be written, and since when. */
interface Failure {
  readonly error: SwarmError;
  readonly sinceMs: number;
  readonly cutBackTo: LogPosition | undefined;
}

interface Waiting {
  readonly staged: StagedEntries;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: SwarmError) => void;
}

const RECOVERY_EVERY_MS = 1_000;

export class WorkspaceWriter {
  readonly #options: WorkspaceWriterOptions;
  readonly #publisher: Publisher;
  #log: WorkspaceLog | undefined;
  #failure: Failure | undefined;
  #refused: number;
  #waiting: Waiting[] = [];
  #isSyncing = false;
  #isClosed = false;
  #publishTimer: NodeJS.Timeout | undefined;
  #recoveryTimer: NodeJS.Timeout | undefined;
  #lastAttemptMs = Number.NEGATIVE_INFINITY;
  #whenIdle: (() => void)[] = [];
  #erasures: Promise<void> = Promise.resolve();

  constructor(
    options: WorkspaceWriterOptions,
    before?: { readonly reason: string; readonly sinceMs: number; readonly refused: number },
  ) {
    this.#options = options;
    this.#publisher = new Publisher(options.dir);
    this.#refused = before?.refused ?? 0;
    if (before !== undefined)
      this.#failure = {
        error: auditErrors.audit_unavailable(before.reason),
        sinceMs: before.sinceMs,
        cutBackTo: undefined,
      };
  }

  /** Resolves when it can be written, or is known to be unavailable. */
  async open(): Promise<void> {
    await this.#attempt();
  }

  get committed(): CommittedLog | undefined {
    return this.#log?.committed;
  }

  /**
   * Resolves when they are durable, and everything that was appended before them.
   * @throws audit_unavailable, audit_entry_too_large, audit_event_invalid
   */
  append(items: readonly AppendItem[], nowMs: number): Promise<Appended> {
    return new Promise((resolve, reject) => {
      const log = this.#failure === undefined ? this.#log : undefined;
      if (log === undefined) {
        this.#refused += items.length;
        reject(this.unavailable());
        return;
      }
      try {
        this.#stage(log, items, { nowMs, resolve, reject });
      } catch (error) {
        reject(asSwarmError(error));
      }
    });
  }

  async publish(): Promise<string> {
    const log = this.#log;
    if (log === undefined) throw this.unavailable();
    try {
      return await this.#publisher.publish(log);
    } catch (cause) {
      throw auditErrors.audit_unavailable(
        `The checkpoint cannot be written: ${describeError(cause)}.`,
        { cause },
      );
    }
  }

  /** One at a time; commits go on meanwhile, in a segment that the erasure does not touch. */
  erase(erasure: Erasure): Promise<void> {
    const next = this.#erasures.then(() => this.#erase(erasure));
    this.#erasures = next.catch(() => undefined);
    return next;
  }

  /** Commits what waits, and publishes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#publishTimer);
    clearTimeout(this.#recoveryTimer);
    await this.#erasures;
    await this.#idle();
    while (this.#log?.hasStaged) {
      this.#commitNext(this.#log);
      await this.#idle();
    }
    if (this.#log === undefined) return;
    await this.#publisher.publish(this.#log).catch((error: unknown) => {
      this.#options.report(
        'error',
        { error: describeError(error) },
        'the checkpoint was not published',
      );
    });
    this.#log.close();
    this.#log = undefined;
  }

  #stage(
    log: WorkspaceLog,
    items: readonly AppendItem[],
    request: { readonly nowMs: number } & Omit<Waiting, 'staged'>,
  ): void {
    const { nowMs, resolve, reject } = request;
    const newest = this.#waiting.at(-1);
    if (items.length === 0 && newest === undefined) {
      resolve({ firstSeq: log.committed.size });
      return;
    }
    const staged =
      items.length === 0 && newest !== undefined
        ? { ...newest.staged, count: 0 }
        : log.stage(items, { ms: nowMs, iso: isoTime(nowMs) });
    this.#waiting.push({ staged, resolve, reject });
    if (!this.#isSyncing) this.#commitNext(log);
  }

  #commitNext(log: WorkspaceLog): void {
    let fd: number;
    try {
      fd = log.write(this.#options.nowMs());
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#isSyncing = true;
    fdatasync(fd, (error) => {
      this.#isSyncing = false;
      if (error === null) this.#committed(log);
      else this.#fail(error);
      if (!this.#isSyncing) for (const resume of this.#whenIdle.splice(0)) resume();
    });
  }

  #committed(log: WorkspaceLog): void {
    for (const { staged, resolve } of this.#takeWaiting(log.commit()))
      resolve({ firstSeq: staged.firstSeq });
    if (this.#failure === undefined) this.#options.onCommitted(log.committed);
    this.#publishSoon();
    // Who waits for a moment without a commit gets it before the next one.
    if (log.hasStaged && this.#whenIdle.length === 0) this.#commitNext(log);
  }

  /** Those whose last entry is in the frame: they are the first that wait. */
  #takeWaiting(frame: StagedFrame): Waiting[] {
    const end = this.#waiting.findIndex(({ staged }) => staged.frame !== frame);
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  /** Nothing that is not committed is ever seen again; all who wait are told so. */
  #fail(cause: unknown): void {
    const cutBackTo = this.#log?.abandon() ?? this.#failure?.cutBackTo;
    this.#log = undefined;
    this.#becomeUnavailable(cause, cutBackTo);
    const waiting = this.#waiting.splice(0);
    for (const { staged, reject } of waiting) {
      this.#refused += staged.count;
      reject(this.unavailable());
    }
  }

  #becomeUnavailable(cause: unknown, cutBackTo: LogPosition | undefined): void {
    const isDamage = cause instanceof SwarmError && cause.code === 'audit_log_damaged';
    const error = isDamage
      ? auditErrors.audit_unavailable(cause.message, {
          ...{ cause, remedy: cause.remedy },
          details: { ...cause.details, damaged: true },
        })
      : auditErrors.audit_unavailable(`The audit log cannot be written: ${describeError(cause)}.`, {
          cause,
        });
    const sinceMs = this.#failure?.sinceMs ?? this.#options.nowMs();
    const isNews = this.#failure?.error.message !== error.message;
    this.#failure = { error, sinceMs, cutBackTo };
    if (isNews) {
      const { workspaceId } = this.#options;
      this.#options.report(
        'error',
        { error: describeError(cause), workspaceId },
        'the audit log is unavailable',
      );
      this.#options.onStateChange(error.message);
    }
    // Damage is for a person to judge: trying again would only read it once more.
    if (!isDamage) this.#recoverSoon();
  }

  #recoverSoon(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#recoveryTimer);
    const waitMs = Math.max(0, this.#lastAttemptMs + RECOVERY_EVERY_MS - performance.now());
    this.#recoveryTimer = setTimeout(() => void this.#attempt(), waitMs);
  }

  /** Opens the log, and writes down what happened to it before anything else. Never rejects. */
  async #attempt(): Promise<void> {
    this.#lastAttemptMs = performance.now();
    try {
      await this.#publisher.idle();
      if (this.#isClosed) return;
      const log = WorkspaceLog.open(this.#options, this.#failure?.cutBackTo);
      this.#log = log;
      const events = this.#whatHappened(log);
      if (events.length > 0) await this.#record(log, events);
      else this.#options.onCommitted(log.committed);
      this.#becomeAvailable(log);
    } catch (error) {
      // A failed commit has said so already.
      if (this.#log !== undefined || this.#failure?.error !== error) this.#fail(error);
    }
  }

  #becomeAvailable(log: WorkspaceLog): void {
    const recovered = this.#failure !== undefined;
    this.#failure = undefined;
    this.#refused = 0;
    this.#options.onCommitted(log.committed);
    if (recovered) this.#options.onStateChange(undefined);
    this.#publishSoon();
  }

  #record(log: WorkspaceLog, items: readonly AppendItem[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const nowMs = this.#options.nowMs();
      const staged = log.stage(items, { ms: nowMs, iso: isoTime(nowMs) });
      this.#waiting.push({ staged, resolve, reject });
      this.#commitNext(log);
    });
  }

  #whatHappened(log: WorkspaceLog): AppendItem[] {
    const { cut, mendedTiles } = log.repairs;
    const events: AppendItem[] = [];
    if (cut !== undefined || mendedTiles > 0) {
      this.#options.report('warn', { ...cut, tiles: mendedTiles }, 'the audit log was repaired');
      events.push(ownEvent(logEvents['audit.repaired'], { ...cut, tiles: mendedTiles }));
    }
    const failure = this.#failure;
    if (failure !== undefined) {
      const attributes = {
        reason: failure.error.message,
        refused: this.#refused,
        since: isoTime(failure.sinceMs),
      };
      this.#options.report('warn', attributes, 'the audit log can be written again');
      events.push(ownEvent(logEvents['audit.recovered'], attributes));
    }
    return events;
  }

  async #erase(erasure: Erasure): Promise<void> {
    await this.#idle();
    const log = this.#log;
    if (log === undefined) throw this.unavailable();
    const before = this.#sealFor(log, erasure);
    try {
      await eraseRanges(this.#options.dir, { ...erasure, before });
    } catch (cause) {
      if (cause instanceof SwarmError) throw cause;
      throw auditErrors.audit_unavailable(`Entries cannot be erased: ${describeError(cause)}.`, {
        cause,
      });
    }
  }

  /** @returns the segment that is written to from now on: what is to be erased lies before it */
  #sealFor(log: WorkspaceLog, { ranges }: Erasure): number {
    const last = ranges.reduce((highest, [, end]) => Math.max(highest, end), -1);
    if (last >= log.committed.size) {
      if (log.hasStaged) this.#commitNext(log);
      throw auditErrors.audit_erasure_invalid(`There is no entry ${last} to erase.`);
    }
    if (last >= log.committed.end.segment) {
      try {
        log.rotate();
        this.#options.onCommitted(log.committed);
      } catch (error) {
        this.#fail(error);
        throw this.unavailable();
      }
    }
    const { segment } = log.committed.end;
    if (log.hasStaged) this.#commitNext(log);
    return segment;
  }

  /** Resolves between two commits, before the next one begins. */
  async #idle(): Promise<void> {
    while (this.#isSyncing) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  #publishSoon(): void {
    if (this.#publishTimer !== undefined || this.#isClosed) return;
    this.#publishTimer = setTimeout(() => {
      this.#publishTimer = undefined;
      this.publish().catch((error: unknown) => {
        this.#options.report(
          'warn',
          { error: describeError(error) },
          'the checkpoint was not published',
        );
        if (this.#log !== undefined) this.#publishSoon();
      });
    }, this.#options.publishAfterMs);
  }

  /** Why it cannot be written. */
  unavailable(): SwarmError {
    return this.#failure?.error ?? auditErrors.audit_unavailable('The audit log is closed.');
  }
}

function ownEvent(kind: EventKind, attributes: Record<string, string | number>): AppendItem {
  return { draft: { kind, actor: serviceEventActor('audit'), attributes, phase: 'whole' } };
}

function asSwarmError(error: unknown): SwarmError {
  if (error instanceof SwarmError) return error;
  return auditErrors.audit_event_invalid(`An event cannot be written: ${describeError(error)}.`, {
    cause: error,
  });
}
