/** What is read of a log as a whole: also while nothing can be written. */
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { SwarmError } from '../base/errors.ts';
import type { Audit } from './audit.ts';
import { auditErrors } from './errors.ts';
import { exportEvents } from './export/export-events.ts';
import type { AuditSearch, LogWriter } from './ports.ts';
import { proveEvent } from './proof/prove-event.ts';
import { originOf, readCheckpoint, readPublicKey, readPublished } from './published-files.ts';
import { loadSigningKey } from './tree/signing-key.ts';
import type { Verifications } from './verification/verifications.ts';

type Readings = Pick<
  Audit,
  'status' | 'checkpoint' | 'publicKey' | 'publishedFile' | 'exportEvents' | 'prove'
>;

export function createReadings(options: {
  readonly dir: string;
  readonly writer: Pick<LogWriter, 'state' | 'committed' | 'publish'>;
  readonly search: AuditSearch;
  readonly clock: Clock;
  readonly verifications: (workspaceId: string) => Pick<Verifications, 'describe'>;
}): Readings {
  const { dir, writer, search, clock, verifications } = options;
  const published = async (workspaceId: string) => {
    const bytes = await readPublished(join(dir, workspaceId), 'checkpoint');
    return bytes && Buffer.from(bytes).toString('utf8');
  };
  const checkpoint = async (workspaceId: string) => {
    try {
      return await writer.publish(workspaceId);
    } catch (error) {
      const before = error instanceof SwarmError ? await published(workspaceId) : undefined;
      if (before === undefined) throw error;
      return before;
    }
  };
  return {
    checkpoint,
    async status(workspaceId) {
      const state = writer.state();
      const key = (await readPublicKey(dir).catch(() => undefined)) ?? '';
      return {
        workspace: workspaceId,
        available: state.available,
        reason: state.available ? null : state.reason,
        size: writer.committed(workspaceId).size,
        indexed: search.indexed(workspaceId),
        checkpoint: await readCheckpoint(join(dir, workspaceId)),
        verification: await verifications(workspaceId).describe(),
        origin: originOf(key, workspaceId),
        key,
      };
    },
    async publicKey() {
      const key = await readPublicKey(dir);
      if (key !== undefined) return `${key}\n`;
      throw auditErrors.audit_unavailable('The log has no key yet.');
    },
    publishedFile: (workspaceId, path) => readPublished(join(dir, workspaceId), path),
    exportEvents: (workspaceId, request) =>
      exportEvents({
        ...{ dir, workspaceId, search, clock, ...request },
        checkpoint: () => checkpoint(workspaceId),
      }),
    prove: async (workspaceId, eventId) =>
      proveEvent({
        ...{ dir, workspaceId, eventId, search },
        key: loadSigningKey(dir).verifier,
        checkpoint: () => checkpoint(workspaceId),
      }),
  };
}
