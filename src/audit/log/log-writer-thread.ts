/** What the writer's thread does with its messages. */
import { join } from 'node:path';
import { describeError, SwarmError } from '../../base/errors.ts';
import type { IngestReport } from '../../contracts/event-query.ts';
import { auditErrors } from '../errors.ts';
import { KnownIds } from '../ingest/known-ids.ts';
import { parseIngest } from '../ingest/parse-ingest.ts';
import type { CommittedLog } from '../ports.ts';
import { type KnownEvents, openKnownEvents } from '../search/known-events.ts';
import type { Signer } from '../tree/signed-note.ts';
import { loadSigningKey } from '../tree/signing-key.ts';
import type { EntrySources } from './encode-entry.ts';
import { unpackRequests } from './pack-requests.ts';
import { EventIds, RandomPool } from './random-pool.ts';
import { WorkspaceWriter } from './workspace-writer.ts';
import type {
  AppendReply,
  FromWriter,
  Reply,
  SentError,
  ToWriter,
  WriterThreadData,
} from './writer-messages.ts';

type Answer = AppendReply | IngestReport | string | undefined;
type IngestRequest = Extract<ToWriter, { type: 'ingest' }>;

export class LogWriterThread {
  readonly #data: WriterThreadData;
  readonly #post: (message: FromWriter) => void;
  readonly #signer: Signer;
  readonly #sources: EntrySources;
  readonly #opening = new Map<string, Promise<WorkspaceWriter>>();
  readonly #open = new Map<string, WorkspaceWriter>();
  readonly #known = new Map<string, { readonly events: KnownEvents; readonly ids: KnownIds }>();
  #nowMs: number;
  #committed = new Map<string, CommittedLog>();
  #states = new Map<string, string | undefined>();
  #replies: Reply[] = [];
  #isNewsDue = false;

  /** @throws audit_key_invalid */
  constructor(data: WriterThreadData, post: (message: FromWriter) => void) {
    this.#data = data;
    this.#post = post;
    this.#nowMs = data.nowMs;
    this.#signer = loadSigningKey(data.dir);
    const random = new RandomPool();
    this.#sources = { random, ids: new EventIds(random) };
  }

  /** @param names in the audit folder: other files are there, too */
  async open(names: readonly string[]): Promise<void> {
    for (const workspaceId of names.filter(isWorkspaceId)) await this.#writer(workspaceId);
    this.#sendNews();
    this.#post({ type: 'ready' });
  }

  take(message: ToWriter): void {
    if ('nowMs' in message) this.#nowMs = message.nowMs;
    switch (message.type) {
      case 'append':
        for (const { request, workspaceId, items } of unpackRequests(message))
          this.#answer(request, workspaceId, (writer) => writer.append(items, message.nowMs));
        return;
      case 'ingest':
        this.#answer(message.request, message.workspaceId, (writer) =>
          this.#ingest(writer, message),
        );
        return;
      case 'publish':
        this.#answer(message.request, message.workspaceId, (writer) => writer.publish());
        return;
      case 'erase':
        this.#answer(message.request, message.workspaceId, (writer) =>
          writer.erase(message.erasure).then(() => undefined),
        );
        return;
      case 'close':
        void this.#close();
    }
  }

  async #close(): Promise<void> {
    for (const opening of this.#opening.values()) await (await opening).close();
    for (const { events } of this.#known.values()) events.close();
    this.#sendNews();
    this.#post({ type: 'closed' });
  }

  /** Requests of one workspace are begun in the order in which they came. */
  #answer(
    request: number,
    workspaceId: string,
    act: (writer: WorkspaceWriter) => Promise<Answer>,
  ): void {
    const writer = this.#open.get(workspaceId);
    const result = writer === undefined ? this.#writer(workspaceId).then(act) : act(writer);
    result.then(
      (result) => this.#reply({ request, result }),
      (error: unknown) => this.#reply({ request, error: sentError(error) }),
    );
  }

  #writer(workspaceId: string): Promise<WorkspaceWriter> {
    if (!isWorkspaceId(workspaceId))
      return Promise.reject(
        auditErrors.audit_workspace_invalid(`"${workspaceId}" cannot be a workspace's id.`),
      );
    const opening = this.#opening.get(workspaceId) ?? this.#openWriter(workspaceId);
    this.#opening.set(workspaceId, opening);
    return opening;
  }

  async #openWriter(workspaceId: string): Promise<WorkspaceWriter> {
    const data = this.#data;
    const writer = new WorkspaceWriter(
      {
        dir: join(data.dir, workspaceId),
        workspaceId,
        signer: this.#signer,
        sources: this.#sources,
        segmentBytes: data.segmentBytes,
        publishAfterMs: data.publishAfterMs,
        nowMs: () => (data.hasOwnClock ? this.#nowMs : Date.now()),
        report: (level, fields, text) => this.#post({ type: 'log', level, fields, text }),
        onCommitted: (committed) => {
          this.#rememberIds(workspaceId, committed.size);
          this.#committed.set(workspaceId, committed);
          this.#sendNewsSoon();
        },
        onStateChange: (reason) => {
          this.#states.set(workspaceId, reason);
          this.#sendNewsSoon();
        },
      },
      data.before,
    );
    await writer.open();
    this.#open.set(workspaceId, writer);
    return writer;
  }

  /** Parses at once, so that the bodies that follow see this one's ids. */
  async #ingest(writer: WorkspaceWriter, message: IngestRequest): Promise<IngestReport> {
    const { body, format, source, nowMs } = message;
    const known = this.#known.get(message.workspaceId)?.ids;
    // Its log was never open: this says why.
    if (known === undefined) throw writer.unavailable();
    const { items, report, reservation } = parseIngest(body, { format, source, nowMs, known });
    try {
      await writer.append(items, nowMs);
    } catch (error) {
      reservation.release();
      throw error;
    }
    reservation.commit(writer.committed?.size ?? 0);
    return report;
  }

  /** From the size that a log was opened with; ids of those before are asked from the index. */
  #rememberIds(workspaceId: string, logSize: number): void {
    if (this.#known.has(workspaceId)) return;
    const events = openKnownEvents(join(this.#data.dir, workspaceId, 'index.db'));
    const index = {
      indexed: () => events.indexed(),
      find: (ids: readonly string[]) => events.findEvents(ids),
    };
    this.#known.set(workspaceId, { events, ids: new KnownIds({ index, logSize }) });
  }

  #reply(reply: Reply): void {
    this.#replies.push(reply);
    this.#sendNewsSoon();
  }

  /** Behind the replies of the same commit, which come with the next microtasks. */
  #sendNewsSoon(): void {
    if (this.#isNewsDue) return;
    this.#isNewsDue = true;
    queueMicrotask(() => queueMicrotask(() => this.#sendNews()));
  }

  #sendNews(): void {
    this.#isNewsDue = false;
    this.#post({
      type: 'news',
      committed: this.#committed,
      states: this.#states,
      replies: this.#replies,
    });
    this.#committed = new Map();
    this.#states = new Map();
    this.#replies = [];
  }
}

/** It is a folder's name. */
function isWorkspaceId(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}$/.test(text);
}

function sentError(error: unknown): SentError {
  const known =
    error instanceof SwarmError
      ? error
      : auditErrors.audit_unavailable(`The audit log failed: ${describeError(error)}.`);
  const { code, message, status, remedy, details } = known;
  return { code, message, status, remedy, details };
}
