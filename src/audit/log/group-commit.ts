/**
 * Group commit on one open log: while a frame is being made durable, what arrives is encoded for the
 * next one. Nobody is answered before their entries are durable.
 */
import { fdatasync } from 'node:fs';
import { isoTime } from '../../base/clock.ts';
import { describeError, SwarmError } from '../../base/errors.ts';
import { auditErrors } from '../errors.ts';
import type { AppendItem, LogPosition } from '../ports.ts';
import type { StagedFrame } from './staged-frame.ts';
import type { StagedEntries, WorkspaceLog } from './workspace-log.ts';

export interface Appended {
  readonly firstSeq: number;
}

export interface CommitFailure {
  readonly cause: unknown;
  /** The end that is durable: the next opening cuts the log back to there. */
  readonly cutBackTo: LogPosition;
  /** Number of events that waited. */
  readonly events: number;
}

export interface GroupCommitOptions {
  nowMs(): number;
  onCommitted(): void;
  /** The log is closed. @returns what all who wait are told */
  onFailed(failure: CommitFailure): SwarmError;
}

interface Waiting {
  readonly staged: StagedEntries;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: SwarmError) => void;
}

export class GroupCommit {
  readonly log: WorkspaceLog;
  readonly #options: GroupCommitOptions;
  #waiting: Waiting[] = [];
  #isSyncing = false;
  /** Those who wait for a moment between two commits. */
  #whenIdle: (() => void)[] = [];
  #failure: SwarmError | undefined;

  constructor(log: WorkspaceLog, options: GroupCommitOptions) {
    this.log = log;
    this.#options = options;
  }

  /**
   * Resolves when the items are durable, and everything that was appended before them.
   * @throws audit_unavailable, audit_entry_too_large, audit_event_invalid
   */
  append(items: readonly AppendItem[], nowMs: number): Promise<Appended> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) throw this.#failure;
      const newest = this.#waiting.at(-1);
      if (items.length === 0 && newest === undefined) {
        resolve({ firstSeq: this.log.committed.size });
        return;
      }
      const staged =
        items.length === 0 && newest !== undefined
          ? { ...newest.staged, count: 0 }
          : this.#stage(items, nowMs);
      this.#waiting.push({ staged, resolve, reject });
      this.#goOn();
    });
  }

  /**
   * Between two commits; what arrives meanwhile waits. After an error that is none of ours the log
   * is given up.
   */
  async exclusively<T>(act: (log: WorkspaceLog) => T): Promise<T> {
    await this.#idle();
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return act(this.log);
    } catch (cause) {
      if (cause instanceof SwarmError) throw cause;
      throw this.#fail(cause);
    } finally {
      this.#goOn();
    }
  }

  /** Commits what waits, and closes the log. */
  async close(publish: () => Promise<void>): Promise<void> {
    while (this.#isSyncing || (this.log.hasStaged && this.#failure === undefined)) {
      this.#goOn();
      await this.#idle();
    }
    if (this.#failure !== undefined) return;
    await publish();
    this.#failure = auditErrors.audit_unavailable('The audit log is closed.');
    this.log.close();
  }

  #stage(items: readonly AppendItem[], nowMs: number): StagedEntries {
    try {
      return this.log.stage(items, { ms: nowMs, iso: isoTime(nowMs) });
    } catch (cause) {
      if (cause instanceof SwarmError) throw cause;
      const what = `An event cannot be written: ${describeError(cause)}.`;
      throw auditErrors.audit_event_invalid(what, { cause });
    }
  }

  #goOn(): void {
    if (this.#isSyncing || this.#failure !== undefined || !this.log.hasStaged) return;
    let fd: number;
    try {
      fd = this.log.write(this.#options.nowMs());
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#isSyncing = true;
    fdatasync(fd, (error) => {
      this.#isSyncing = false;
      if (error === null) this.#committed();
      else this.#fail(error);
      // Whoever waits for this moment gets it before the next commit.
      if (this.#whenIdle.length === 0) this.#goOn();
      else for (const resume of this.#whenIdle.splice(0)) resume();
    });
  }

  #committed(): void {
    for (const { staged, resolve } of this.#takeWaiting(this.log.commit()))
      resolve({ firstSeq: staged.firstSeq });
    this.#options.onCommitted();
  }

  /** Those whose last entry is in the frame: they are the first that wait. */
  #takeWaiting(frame: StagedFrame): Waiting[] {
    const end = this.#waiting.findIndex(({ staged }) => staged.frame !== frame);
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  /** Nothing that is not committed is ever seen again; all who wait are told so. */
  #fail(cause: unknown): SwarmError {
    const cutBackTo = this.log.abandon();
    const waiting = this.#waiting.splice(0);
    const events = waiting.reduce((sum, { staged }) => sum + staged.count, 0);
    const error = this.#options.onFailed({ cause, cutBackTo, events });
    this.#failure = error;
    for (const { reject } of waiting) reject(error);
    return error;
  }

  async #idle(): Promise<void> {
    while (this.#isSyncing) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }
}
