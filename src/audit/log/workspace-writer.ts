/** One workspace on the writer's thread: its failures and recovery, publishing and erasing. */
import { isoTime } from '../../base/clock.ts';
import { describeError, SwarmError } from '../../base/errors.ts';
import { auditErrors } from '../errors.ts';
import type { AppendItem, CommittedLog, LogPosition } from '../ports.ts';
import { type Erasure, eraseRanges } from './erase-ranges.ts';
import { type Appended, GroupCommit } from './group-commit.ts';
import { recoveredEvent, repairedEvent } from './own-events.ts';
import { Publisher } from './publisher.ts';
import { WorkspaceLog, type WorkspaceLogOptions } from './workspace-log.ts';

export interface WorkspaceWriterOptions extends WorkspaceLogOptions {
  readonly publishAfterMs: number;
  nowMs(): number;
  /** For swarmd's own log. */
  report(level: 'warn' | 'error', fields: object, text: string): void;
  onCommitted(committed: CommittedLog): void;
  /** undefined: it can be written. */
  onStateChange(reason: string | undefined): void;
}

/** Why it cannot be written, and since when. */
interface Failure {
  readonly error: SwarmError;
  readonly sinceMs: number;
  /** The next opening trusts nothing behind it. */
  readonly cutBackTo: LogPosition | undefined;
}

const RECOVERY_EVERY_MS = 1_000;

export class WorkspaceWriter {
  readonly #options: WorkspaceWriterOptions;
  readonly #publisher: Publisher;
  /** While the log is open. */
  #commit: GroupCommit | undefined;
  #failure: Failure | undefined;
  #refused: number;
  #isClosed = false;
  #publishTimer: NodeJS.Timeout | undefined;
  #recoveryTimer: NodeJS.Timeout | undefined;
  #lastAttemptMs = Number.NEGATIVE_INFINITY;
  #erasures: Promise<void> = Promise.resolve();

  /** @param before what another thread left behind that ended without being told to */
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
    return this.#commit?.log.committed;
  }

  /**
   * Resolves when they are durable, and everything that was appended before them.
   * @throws audit_unavailable, audit_entry_too_large, audit_event_invalid
   */
  append(items: readonly AppendItem[], nowMs: number): Promise<Appended> {
    // Not async: an answer that comes later than its commit's news costs a message of its own.
    if (this.#failure === undefined && this.#commit !== undefined)
      return this.#commit.append(items, nowMs);
    this.#refused += items.length;
    return Promise.reject(this.unavailable());
  }

  /** @throws audit_unavailable */
  async publish(): Promise<string> {
    if (this.#commit === undefined) throw this.unavailable();
    try {
      return await this.#publisher.publish(this.#commit.log);
    } catch (cause) {
      const what = `The checkpoint cannot be written: ${describeError(cause)}.`;
      throw auditErrors.audit_unavailable(what, { cause });
    }
  }

  /**
   * One at a time; commits go on meanwhile, in a segment that the erasure does not touch.
   * @throws audit_erasure_invalid, audit_unavailable, audit_log_damaged
   */
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
    await this.#commit?.close(() => this.#publishOrSay());
    this.#commit = undefined;
  }

  /** Why it cannot be written. */
  unavailable(): SwarmError {
    return this.#failure?.error ?? auditErrors.audit_unavailable('The audit log is closed.');
  }

  /** Opens the log, and writes down what happened to it before anything else. Never rejects. */
  async #attempt(): Promise<void> {
    this.#lastAttemptMs = performance.now();
    try {
      // What is still being published belongs to the log as it was.
      await this.#publisher.idle();
      if (this.#isClosed) return;
      const log = WorkspaceLog.open(this.#options, this.#failure?.cutBackTo);
      const commit = new GroupCommit(log, {
        nowMs: () => this.#options.nowMs(),
        onCommitted: () => this.#hasCommitted(log),
        onFailed: ({ cause, cutBackTo, events }) => {
          this.#commit = undefined;
          this.#refused += events;
          return this.#becomeUnavailable(cause, cutBackTo);
        },
      });
      this.#commit = commit;
      const events = this.#whatHappened(log);
      if (events.length > 0) await commit.append(events, this.#options.nowMs());
      this.#becomeAvailable(log);
    } catch (error) {
      // A failed commit has said so itself.
      if (error !== this.#failure?.error) this.#becomeUnavailable(error, this.#failure?.cutBackTo);
    }
  }

  #becomeAvailable(log: WorkspaceLog): void {
    const wasUnavailable = this.#failure !== undefined;
    this.#failure = undefined;
    this.#refused = 0;
    this.#hasCommitted(log);
    if (wasUnavailable) this.#options.onStateChange(undefined);
  }

  #hasCommitted(log: WorkspaceLog): void {
    // Until what happened is written down, the log is not open for others.
    if (this.#failure !== undefined) return;
    this.#options.onCommitted(log.committed);
    this.#publishSoon();
  }

  #becomeUnavailable(cause: unknown, cutBackTo: LogPosition | undefined): SwarmError {
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
      const { workspaceId, report } = this.#options;
      report('error', { error: error.message, workspaceId }, 'the audit log is unavailable');
      this.#options.onStateChange(error.message);
    }
    // Damage is for a person to judge: trying again would only read it once more.
    if (!isDamage && !this.#isClosed) {
      clearTimeout(this.#recoveryTimer);
      const waitMs = Math.max(0, this.#lastAttemptMs + RECOVERY_EVERY_MS - performance.now());
      this.#recoveryTimer = setTimeout(() => void this.#attempt(), waitMs);
    }
    return error;
  }

  #whatHappened(log: WorkspaceLog): AppendItem[] {
    const { cut, mendedTiles } = log.repairs;
    const { report } = this.#options;
    const events: AppendItem[] = [];
    if (cut !== undefined || mendedTiles > 0) {
      const attributes = { ...cut, tiles: mendedTiles };
      report('warn', attributes, 'the audit log was repaired');
      events.push(repairedEvent(attributes));
    }
    if (this.#failure !== undefined) {
      const { error, sinceMs } = this.#failure;
      const since = isoTime(sinceMs);
      const attributes = { reason: error.message, refused: this.#refused, since };
      report('warn', attributes, 'the audit log can be written again');
      events.push(recoveredEvent(attributes));
    }
    return events;
  }

  async #erase(erasure: Erasure): Promise<void> {
    if (this.#commit === undefined) throw this.unavailable();
    const last = erasure.ranges.reduce((highest, [, end]) => Math.max(highest, end), -1);
    const before = await this.#commit.exclusively((log) => {
      if (last >= log.committed.size)
        throw auditErrors.audit_erasure_invalid(`There is no entry ${last} to erase.`);
      if (last >= log.committed.end.segment) log.rotate();
      this.#options.onCommitted(log.committed);
      return log.committed.end.segment;
    });
    try {
      await eraseRanges(this.#options.dir, { ...erasure, before });
    } catch (cause) {
      if (cause instanceof SwarmError) throw cause;
      const what = `Entries cannot be erased: ${describeError(cause)}.`;
      throw auditErrors.audit_unavailable(what, { cause });
    }
  }

  #publishSoon(): void {
    if (this.#publishTimer !== undefined || this.#isClosed) return;
    this.#publishTimer = setTimeout(async () => {
      this.#publishTimer = undefined;
      await this.#publishOrSay();
    }, this.#options.publishAfterMs);
  }

  async #publishOrSay(): Promise<void> {
    if (this.#commit === undefined) return;
    try {
      await this.publish();
    } catch (error) {
      const { workspaceId, report } = this.#options;
      const fields = { error: describeError(error), workspaceId };
      report('warn', fields, 'the checkpoint was not published');
      this.#publishSoon();
    }
  }
}
