/**
 * The audit log: every call and every change, in a form in which nobody can change it unseen. The
 * front file of the area; docs/audit-format.md says what lies on disk, ports.ts how its parts see
 * each other: the writer (log/), the index (search/), export/, proof/, retention/ and the trail/
 * that everybody else tells the log through.
 */
import type { AuditStatus, ExportFormat } from '../contracts/audit-status.ts';
import type { EventTerms, EventTermsQuery } from '../contracts/event-query.ts';
import type { Trail, TrailState } from '../contracts/trail.ts';
import type { AuditSearch, LogWriter } from './ports.ts';
import type { Retention } from './retention/retention.ts';
import type { Verifications } from './verification/verifications.ts';

export { auditErrors } from './errors.ts';
export { type AuditOptions, openAudit } from './open-audit.ts';
export type { AuditSearch, IngestFormat, IngestSource, LogWriter } from './ports.ts';
export { retentionEvents as auditKinds } from './retention/events.ts';
export type { ChangedBy, Retention } from './retention/retention.ts';

export interface ExportRequest {
  readonly terms: EventTerms;
  /** As asked for: stands in the manifest. */
  readonly query: EventTermsQuery;
  readonly format: ExportFormat;
  readonly signal: AbortSignal;
}

export interface Audit {
  trail(workspaceId: string): Trail;
  retention(workspaceId: string): Retention;
  verifications(workspaceId: string): Verifications;
  readonly writer: LogWriter;
  readonly search: AuditSearch;
  state(): TrailState;
  /** Returns the unsubscribe function. */
  onStateChange(listener: (state: TrailState) => void): () => void;
  status(workspaceId: string): Promise<AuditStatus>;
  /** Of all that is committed; the published one while nothing can be written. */
  checkpoint(workspaceId: string): Promise<string>;
  /** One line, as C2SP signed-note writes verifier keys. */
  publicKey(): Promise<string>;
  /** `checkpoint` or a tile, by its path as C2SP tlog-tiles writes it; undefined: there is none. */
  publishedFile(workspaceId: string, path: string): Promise<Uint8Array | undefined>;
  /** A tar, made while it is read. @throws event_query_invalid, audit_index_unavailable */
  exportEvents(workspaceId: string, request: ExportRequest): AsyncIterable<Uint8Array>;
  /** @throws event_not_found, audit_unavailable */
  prove(workspaceId: string, eventId: string): Promise<object>;
  /** Writes what waits, publishes, ends the threads. */
  close(): Promise<void>;
}
