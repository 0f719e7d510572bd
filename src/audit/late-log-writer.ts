import { describeError, SwarmError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { sleep } from '../base/wait.ts';
import type { TrailState } from '../contracts/trail.ts';
import { auditErrors } from './errors.ts';
import type { CommittedLog, LogWriter } from './ports.ts';

const RETRY_MS = 1_000;
const EMPTY: CommittedLog = { size: 0, end: { segment: 0, offset: 0 } };

type CommittedListener = (workspaceId: string, committed: CommittedLog) => void;

/**
 * The writer also while it cannot be opened: the folder is not usable, or the key is wrong. Until
 * a person has mended that, everything is refused with the reason; then it opens by itself.
 */
export class LateLogWriter implements LogWriter {
  readonly #open: () => Promise<LogWriter>;
  readonly #log: Logger;
  readonly #committedListeners = new Set<CommittedListener>();
  readonly #stateListeners = new Set<(state: TrailState) => void>();
  readonly #closing = new AbortController();
  readonly #firstSeqs = new Map<string, number>();
  #writer: LogWriter | undefined;
  #failure = auditErrors.audit_unavailable('The audit log is being opened.');
  #opening: Promise<void> = Promise.resolve();

  constructor(open: () => Promise<LogWriter>, log: Logger) {
    this.#open = open;
    this.#log = log;
  }

  /**
   * Resolves after the first attempt, whatever became of it.
   * @throws audit_folder_locked: another process has it, so waiting would help nobody
   */
  async begin(): Promise<void> {
    if (await this.#attempt()) return;
    this.#opening = this.#keepTrying();
  }

  async #keepTrying(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      // Whoever took the lock meanwhile may let go of it.
      if (await this.#attempt().catch(() => false)) return;
    }
  }

  async #attempt(): Promise<boolean> {
    try {
      this.#adopt(await this.#open());
      return true;
    } catch (error) {
      if (!(error instanceof SwarmError)) throw error;
      if (error.code === 'audit_folder_locked') throw error;
      if (error.message !== this.#failure.message)
        this.#log.error({ error: describeError(error) }, 'the audit log could not be opened');
      this.#failure = error;
      this.#tell();
      return false;
    }
  }

  #adopt(writer: LogWriter): void {
    this.#writer = writer;
    writer.onCommitted((workspaceId, committed) => {
      for (const listener of this.#committedListeners) listener(workspaceId, committed);
    });
    writer.onStateChange(() => this.#tell());
    this.#tell();
  }

  #tell(): void {
    const state = this.state();
    for (const listener of this.#stateListeners) listener(state);
  }

  #opened(): LogWriter {
    if (this.#writer !== undefined) return this.#writer;
    const { message, remedy } = this.#failure;
    throw auditErrors.audit_unavailable(message, { remedy, cause: this.#failure });
  }

  append: LogWriter['append'] = async (workspaceId, items) => {
    const receipts = await this.#opened().append(workspaceId, items);
    const [first] = receipts;
    // The earliest is told first: receipts come in the order of the log.
    if (first !== undefined && !this.#firstSeqs.has(workspaceId))
      this.#firstSeqs.set(workspaceId, first.seq);
    return receipts;
  };
  ingest: LogWriter['ingest'] = async (...how) => this.#opened().ingest(...how);
  publish: LogWriter['publish'] = async (...how) => this.#opened().publish(...how);
  erase: LogWriter['erase'] = async (...how) => this.#opened().erase(...how);

  /** Whether this process appended it, or may have: all that comes after its first receipt. */
  isOwn(workspaceId: string, seq: number): boolean {
    return seq >= (this.#firstSeqs.get(workspaceId) ?? Number.POSITIVE_INFINITY);
  }

  state(): TrailState {
    return this.#writer?.state() ?? { available: false, reason: this.#failure.message };
  }

  committed(workspaceId: string): CommittedLog {
    return this.#writer?.committed(workspaceId) ?? EMPTY;
  }

  onCommitted(listener: CommittedListener): () => void {
    this.#committedListeners.add(listener);
    return () => this.#committedListeners.delete(listener);
  }

  onStateChange(listener: (state: TrailState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#opening;
    await this.#writer?.close();
  }
}
