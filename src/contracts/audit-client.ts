/** The part of the client that asks the audit log: see client.ts. */
import type { Readable } from 'node:stream';
import type { AuditStatus, ExportFormat, ReindexReport } from './audit-status.ts';
import type { BegunVerification } from './audit-verification.ts';
import type { Connection } from './connection.ts';
import type { EventResource } from './event.ts';
import type { EventPage, EventTermsQuery, IngestReport, RunResource } from './event-query.ts';
import { readBody, readJson, readProblem, send } from './http-call.ts';
import type {
  HoldBody,
  HoldResource,
  PlacedHold,
  RetentionBody,
  RetentionResource,
  RetentionSetting,
} from './retention.ts';
import { followEvents } from './streams.ts';

export interface EventListOptions extends EventTermsQuery {
  readonly order?: 'asc' | 'desc';
  /** At most 1,000. */
  readonly limit?: number;
  readonly cursor?: string;
}

interface Calls {
  get<T>(path: string, signal?: AbortSignal): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  query(values: Record<string, string | number | boolean | undefined>): string;
  segment(text: string): string;
}

export function auditClient(connection: Connection, { get, post, query, segment }: Calls) {
  const open = async (path: string, options: { accept: string; signal?: AbortSignal }) => {
    const answer = await send(connection, {
      method: 'GET',
      path,
      headers: { accept: options.accept },
      ...(options.signal && { signal: options.signal }),
    });
    if (answer.status >= 400) throw await readProblem(answer);
    return answer;
  };
  const text = async (path: string, accept = 'text/plain') =>
    (await readBody(await open(path, { accept }))).toString('utf8');
  const remove = async <T>(path: string) =>
    (await readJson(await send(connection, { method: 'DELETE', path }))) as T;

  return {
    events: (options: EventListOptions = {}, signal?: AbortSignal) =>
      get<EventPage>(`/v1/events${query({ ...options })}`, signal),
    /** With its content. */
    event: (id: string) => get<EventResource>(`/v1/events/${segment(id)}`),
    /**
     * Events as they are begun and completed, behind the entry `afterSeq` or from now on.
     * Reconnects and resumes by itself.
     */
    watchEvents: (
      terms: EventTermsQuery,
      options: { afterSeq?: number; signal?: AbortSignal } = {},
    ) =>
      followEvents<EventResource>(connection, {
        path: `/v1/events/watch${query({ ...terms })}`,
        isLast: () => false,
        ...(options.afterSeq !== undefined && { lastEventId: String(options.afterSeq) }),
        ...(options.signal && { signal: options.signal }),
      }),
    /** Events of a program's own, a JSON object a line. */
    sendEvents: async (body: Readable) =>
      (await readJson(
        await send(connection, {
          method: 'POST',
          path: '/v1/events',
          body,
          headers: { 'content-type': 'application/x-ndjson' },
        }),
      )) as IngestReport,
    run: (id: string) => get<RunResource>(`/v1/runs/${segment(id)}`),

    auditStatus: () => get<AuditStatus>('/v1/audit'),
    /** A signed note over everything that is committed. */
    auditCheckpoint: () => text('/v1/audit/checkpoint'),
    /** The public key, as C2SP signed-note writes verifier keys. */
    auditKey: () => text('/v1/audit/key'),
    /** JSON as the verifier reads it. */
    auditProof: (eventId: string) =>
      text(`/v1/audit/proof${query({ event: eventId })}`, 'application/json'),
    /** A tar stream: read it to its end, or destroy it. */
    auditExport: async (options: {
      format: ExportFormat;
      terms: EventTermsQuery;
      signal?: AbortSignal;
    }): Promise<Readable> => {
      const { format, terms, signal } = options;
      const path = `/v1/audit/export${query({ format, ...terms })}`;
      return (await open(path, { accept: 'application/x-tar', ...(signal && { signal }) })).body;
    },
    reindexAudit: () => post<ReindexReport>('/v1/audit/reindex', {}),

    /** Begins one, or joins the one under way: `auditStatus` tells how it ends. */
    verifyAudit: () => post<BegunVerification>('/v1/audit/verifications', {}),

    retention: () => get<RetentionResource>('/v1/audit/retention'),
    setRetention: (body: RetentionBody) => post<RetentionSetting>('/v1/audit/retention', body),
    /** Of an agent; without one: the workspace's. */
    removeRetention: (options: { agent?: string } = {}) =>
      remove<undefined>(`/v1/audit/retention${query(options)}`),
    holds: () => get<{ items: readonly HoldResource[] }>('/v1/audit/holds'),
    addHold: (body: HoldBody) => post<PlacedHold>('/v1/audit/holds', body),
    releaseHold: (name: string) => remove<undefined>(`/v1/audit/holds/${segment(name)}`),
  };
}
