/** Whether the audit log is still what was written: found out by swarmd, from time to time. */
import { z } from 'zod';

const count = z.number().int().min(0);
const time = z.iso.datetime();

/** What the verifier found, and where. */
export const auditProblem = z.object({
  /** A stable word, such as leaf_mismatch. */
  code: z.string(),
  message: z.string(),
  /** Below the workspace's folder, or `key.pub` beside it. */
  file: z.string().nullable(),
  /** Bytes from the file's beginning. */
  offset: count.nullable(),
  /** Sequence number of the entry. */
  entry: count.nullable(),
});
export type AuditProblem = z.infer<typeof auditProblem>;

/** A verification that came to its end. */
export const auditVerification = z.object({
  /** Id of the event that tells of it. */
  event: z.string(),
  /** When it began. */
  time,
  /** Name of who asked for it; `verification`: swarmd, by itself. */
  by: z.string(),
  verdict: z.enum(['intact', 'damaged']),
  /** Entries that were looked at. */
  entries: count,
  /** What the signed checkpoint covers, and its root hash in base64. */
  treeSize: count,
  rootHash: z.string().nullable(),
  durationMs: z.number().min(0),
  /** How much was found in all. */
  findings: count,
  /** What was found first; null: nothing. */
  problem: auditProblem.nullable(),
});
export type AuditVerification = z.infer<typeof auditVerification>;

export const auditVerifications = z.object({
  /** How often swarmd begins one by itself; null: never. */
  everyHours: z.number().int().min(1).nullable(),
  /** When it begins the next one; null: never, or that is not known yet. */
  nextAt: time.nullable(),
  running: z.object({ event: z.string(), startedAt: time, by: z.string() }).nullable(),
  /** null: there was none, or after a start the index still has to find it. */
  last: auditVerification.nullable(),
  /** The newest attempt, when it came to no verdict. */
  unfinished: z.object({ event: z.string(), time, by: z.string(), reason: z.string() }).nullable(),
});
export type AuditVerifications = z.infer<typeof auditVerifications>;

/** Answer of POST /v1/audit/verifications. */
export const begunVerification = z.object({
  /** Id of the event that will tell how it ended. */
  event: z.string(),
  startedAt: time,
  /** It was under way already. */
  joined: z.boolean(),
});
export type BegunVerification = z.infer<typeof begunVerification>;
