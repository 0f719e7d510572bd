/** The LogWriter port over the writer's thread. */
import type { Clock } from '../../base/clock.ts';
import { describeError, type SwarmError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { IngestReport } from '../../contracts/event-query.ts';
import type { TrailState } from '../../contracts/trail.ts';
import { auditErrors } from '../errors.ts';
import type {
  AppendItem,
  AppendReceipt,
  CommittedLog,
  IngestFormat,
  IngestSource,
  LogWriter,
} from '../ports.ts';
import type { Erasure } from './erase-ranges.ts';
import { IngestTurns } from './ingest-turns.ts';
import { ItemNamer, receipts } from './item-namer.ts';
import { RequestPacker } from './pack-requests.ts';
import { PendingRequests } from './pending-requests.ts';
import type { AppendReply, FromWriter, ToWriter } from './writer-messages.ts';
import { WriterThread } from './writer-thread.ts';

export interface ThreadedLogWriterOptions {
  readonly dir: string;
  readonly log: Logger;
  readonly clock: Clock | undefined;
  readonly segmentBytes: number;
  readonly publishAfterMs: number;
  /** The thread's main file; default: writer-worker.ts. */
  readonly program?: URL;
  /** The folder is not used any more. */
  onClosed(): Promise<void>;
}

type CommittedListener = (workspaceId: string, committed: CommittedLog) => void;
type StateListener = (state: TrailState) => void;
type IngestMessage = Extract<ToWriter, { type: 'ingest' }>;

const NOTHING: CommittedLog = { size: 0, end: { segment: 0, offset: 0 } };

export class ThreadedLogWriter implements LogWriter {
  readonly #options: ThreadedLogWriterOptions;
  readonly #thread: WriterThread;
  readonly #pending = new PendingRequests();
  readonly #packer = new RequestPacker();
  readonly #namer = new ItemNamer();
  readonly #ingestTurns = new IngestTurns();
  readonly #committed = new Map<string, CommittedLog>();
  /** Why logs cannot be written, by workspace. */
  readonly #unavailable = new Map<string, string>();
  readonly #committedListeners = new Set<CommittedListener>();
  readonly #stateListeners = new Set<StateListener>();
  #threadEnded: string | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ThreadedLogWriterOptions) {
    this.#options = options;
    this.#thread = new WriterThread({
      ...{ log: options.log, program: options.program },
      data: () => ({
        ...{ dir: options.dir, segmentBytes: options.segmentBytes },
        ...{ publishAfterMs: options.publishAfterMs, nowMs: this.#nowMs() },
        hasOwnClock: options.clock !== undefined,
      }),
      nowMs: () => this.#nowMs(),
      onMessage: (message) => this.#take(message),
      onEnd: (reason) => this.#threadHasEnded(reason),
    });
  }

  /** When it has started. @throws audit_key_invalid, audit_folder_unusable */
  get opened(): Promise<void> {
    return this.#thread.opened;
  }

  append(workspaceId: string, items: readonly AppendItem[]): Promise<readonly AppendReceipt[]> {
    if (items.length === 0) return Promise.resolve([]);
    const refusal = this.#refusal(items.length);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const request = this.#pending.nextId();
      const named = this.#namer.withIds(items, this.#nowMs());
      let bytes: number;
      try {
        if (this.#packer.isEmpty) setImmediate(() => this.#sendAppends());
        bytes = this.#packer.add({ request, workspaceId, items: named });
      } catch (cause) {
        reject(
          auditErrors.audit_event_invalid(`An event is no JSON: ${describeError(cause)}.`, {
            cause,
          }),
        );
        return;
      }
      this.#pending.add(request, {
        ...{ events: items.length, bytes, reject },
        resolve: (result) => resolve(receipts(named, result as AppendReply)),
      });
    });
  }

  async ingest(
    workspaceId: string,
    body: Uint8Array,
    how: { readonly format: IngestFormat; readonly source: IngestSource },
  ): Promise<IngestReport> {
    // The caller's buffer may be part of a larger one; what is handed over is gone here.
    const copy = new Uint8Array(body);
    const { format, source } = how;
    const message = { type: 'ingest', workspaceId, body: copy, format, source } as const;
    const weight = { bytes: copy.length, transfer: copy };
    return (await this.#ingestTurns.take(copy.length, () =>
      this.#request(message, weight),
    )) as IngestReport;
  }

  async publish(workspaceId: string): Promise<string> {
    return (await this.#request({ type: 'publish', workspaceId })) as string;
  }

  async erase(workspaceId: string, erasure: Erasure): Promise<void> {
    await this.#request({ type: 'erase', workspaceId, erasure });
  }

  state(): TrailState {
    const reason =
      this.#closing === undefined
        ? (this.#threadEnded ?? [...this.#unavailable.values()][0])
        : 'The audit log is closed.';
    return reason === undefined ? { available: true } : { available: false, reason };
  }

  committed(workspaceId: string): CommittedLog {
    return this.#committed.get(workspaceId) ?? NOTHING;
  }

  onCommitted(listener: CommittedListener): () => void {
    this.#committedListeners.add(listener);
    return () => this.#committedListeners.delete(listener);
  }

  onStateChange(listener: StateListener): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#sendAppends();
    await this.#thread.close();
    this.#pending.rejectAll(auditErrors.audit_unavailable('The audit log is closed.'));
    await this.#options.onClosed();
  }

  #request(
    message:
      | Omit<IngestMessage, 'request' | 'nowMs'>
      | Omit<Extract<ToWriter, { type: 'publish' }>, 'request'>
      | Omit<Extract<ToWriter, { type: 'erase' }>, 'request'>,
    weight?: { readonly bytes: number; readonly transfer: Uint8Array<ArrayBuffer> },
  ): Promise<unknown> {
    const refusal = this.#refusal(0);
    if (refusal !== undefined) return Promise.reject(refusal);
    // What was appended before goes before.
    this.#sendAppends();
    return new Promise((resolve, reject) => {
      const request = this.#pending.nextId();
      this.#pending.add(request, { events: 0, bytes: weight?.bytes ?? 0, resolve, reject });
      const transfer = weight === undefined ? [] : [weight.transfer.buffer];
      this.#thread.post({ ...message, request, nowMs: this.#nowMs() } as ToWriter, transfer);
    });
  }

  #sendAppends(): void {
    if (this.#packer.isEmpty) return;
    const { requests, bodies } = this.#packer.take();
    const message = { type: 'append', nowMs: this.#nowMs(), requests, bodies } as const;
    this.#thread.post(message, [bodies.buffer]);
  }

  /** Why nothing is sent now. */
  #refusal(events: number): SwarmError | undefined {
    const what =
      this.#closing !== undefined
        ? 'The audit log is closed.'
        : (this.#threadEnded ??
          (this.#pending.isFull ? 'The audit log waits for its disk.' : undefined));
    if (what === undefined) return undefined;
    if (this.#threadEnded !== undefined) this.#thread.refused += events;
    return auditErrors.audit_unavailable(what);
  }

  #take(message: FromWriter): void {
    switch (message.type) {
      case 'ready':
        this.#changeState(() => {
          this.#threadEnded = undefined;
        });
        return;
      case 'log':
        this.#options.log[message.level](message.fields, message.text);
        return;
      case 'closed':
        return;
      case 'news':
        for (const [workspaceId, committed] of message.committed)
          this.#committed.set(workspaceId, committed);
        if (message.states.size > 0) this.#takeStates(message.states);
        for (const reply of message.replies) this.#pending.settle(reply);
        for (const [workspaceId, committed] of message.committed)
          this.#tell(this.#committedListeners, (listener) => listener(workspaceId, committed));
    }
  }

  #takeStates(states: ReadonlyMap<string, string | undefined>): void {
    this.#changeState(() => {
      for (const [workspaceId, reason] of states)
        if (reason === undefined) this.#unavailable.delete(workspaceId);
        else this.#unavailable.set(workspaceId, reason);
    });
  }

  #threadHasEnded(reason: string): void {
    this.#changeState(() => {
      this.#threadEnded = reason;
      // The next thread judges anew.
      this.#unavailable.clear();
    });
    // What was packed and not sent yet is lost with the rest.
    if (!this.#packer.isEmpty) this.#packer.take();
    this.#thread.refused += this.#pending.rejectAll(auditErrors.audit_unavailable(reason));
  }

  #changeState(change: () => void): void {
    const before = this.state();
    change();
    const after = this.state();
    if (JSON.stringify(before) !== JSON.stringify(after))
      this.#tell(this.#stateListeners, (listener) => listener(after));
  }

  #tell<T>(listeners: ReadonlySet<T>, tell: (listener: T) => void): void {
    for (const listener of [...listeners]) {
      try {
        tell(listener);
      } catch (error) {
        this.#options.log.error({ err: error }, 'a listener of the audit log failed');
      }
    }
  }

  #nowMs(): number {
    return this.#options.clock?.nowMs() ?? Date.now();
  }
}
