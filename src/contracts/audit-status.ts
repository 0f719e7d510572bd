/** What GET /v1/audit and its neighbours say of a workspace's log as a whole. */
import { z } from 'zod';
import { auditVerifications } from './audit-verification.ts';

const count = z.number().int().min(0);

export const auditStatus = z.object({
  workspace: z.string(),
  /** False: nothing can be written now, and calls to agents are refused. */
  available: z.boolean(),
  /** Why it is not. */
  reason: z.string().nullable(),
  /** Entries that are durable. */
  size: count,
  /** Entries that can be found: follows `size` by a second or two at most. */
  indexed: count,
  /** The newest one that was published; null before the first. */
  checkpoint: z
    .object({
      size: count,
      /** Base64 of the root hash. */
      root: z.string(),
      /** When it was written, by this host's clock. */
      time: z.iso.datetime(),
    })
    .nullable(),
  /** Whether the log is still what was written, as swarmd itself found out. */
  verification: auditVerifications,
  /** First line of every checkpoint: `swarm-1a2b3c4d/default`. */
  origin: z.string(),
  /** The public key, as key.pub has it. */
  key: z.string(),
});
export type AuditStatus = z.infer<typeof auditStatus>;

/** Answer of POST /v1/audit/reindex. */
export const reindexReport = z.object({ entries: count, durationMs: z.number().min(0) });
export type ReindexReport = z.infer<typeof reindexReport>;

export const exportFormat = z.enum(['json', 'jsonl', 'csv', 'ocsf']);
export type ExportFormat = z.infer<typeof exportFormat>;
