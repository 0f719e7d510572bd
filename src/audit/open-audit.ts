/** Puts the parts of the area together; each workspace's own are made when they are first asked for. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { SwarmError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { DEFAULT_WORKSPACE } from '../contracts/actor.ts';
import type { Store } from '../store/store.ts';
import type { Audit } from './audit.ts';
import { auditErrors } from './errors.ts';
import { exportEvents } from './export/export-events.ts';
import { LateLogWriter } from './late-log-writer.ts';
import { openLogWriter } from './log/open-log-writer.ts';
import type { LogWriter } from './ports.ts';
import { proveEvent } from './proof/prove-event.ts';
import { originOf, parseCheckpoint, readPublicKey, readPublished } from './published-files.ts';
import { createRetention, type Retention } from './retention/retention.ts';
import { openSearch } from './search/open-search.ts';
import { type ClosableTrail, createTrail } from './trail/create-trail.ts';
import { settleOpenIntents } from './trail/settle-open-intents.ts';
import { loadSigningKey } from './tree/signing-key.ts';

export interface AuditOptions {
  /** SWARM_HOME/audit */
  readonly dir: string;
  readonly store: Pick<Store, 'auditRetention'>;
  readonly log: Logger;
  readonly clock: Clock;
}

interface WorkspaceParts {
  readonly trail: ClosableTrail;
  readonly retention: Retention;
}

/**
 * Opens the log, or says why it cannot be written until it can: then what is there is still read.
 * @throws audit_folder_locked
 */
export async function openAudit({ dir, store, log, clock }: AuditOptions): Promise<Audit> {
  const closing = new AbortController();
  const writer = new LateLogWriter(() => openLogWriter({ dir, log, clock }), log);
  const known = new Set(await workspacesIn(dir));
  const settling: Promise<unknown>[] = [];
  await writer.begin();
  const search = await openSearch({ dir, writer, log });

  const workspaces = new Map<string, WorkspaceParts>();
  const partsOf = (workspaceId: string): WorkspaceParts => {
    const made = workspaces.get(workspaceId);
    if (made !== undefined) return made;
    const trail = createTrail({ writer, workspaceId, clock, log });
    const retention = createRetention({
      ...{ writer, search, trail, workspaceId, clock, log },
      store: store.auditRetention,
    });
    retention.start();
    const parts = { trail, retention };
    workspaces.set(workspaceId, parts);
    return parts;
  };
  for (const workspaceId of known) {
    partsOf(workspaceId);
    const { signal } = closing;
    const settle = async () => {
      const size = await sizeWhenAvailable(writer, { workspaceId, signal });
      const isOwn = (seq: number) => writer.isOwn(workspaceId, seq);
      await settleOpenIntents({ writer, search, workspaceId, size, isOwn, clock, log, signal });
    };
    settling.push(settle());
  }

  const checkpoint = async (workspaceId: string) => {
    try {
      return await writer.publish(workspaceId);
    } catch (error) {
      if (!(error instanceof SwarmError)) throw error;
      const published = await readPublished(join(dir, workspaceId), 'checkpoint');
      if (published === undefined) throw error;
      return Buffer.from(published).toString('utf8');
    }
  };

  return {
    ...{ writer, search },
    trail: (workspaceId) => partsOf(workspaceId).trail,
    retention: (workspaceId) => partsOf(workspaceId).retention,
    state: () => writer.state(),
    onStateChange: (listener) => writer.onStateChange(listener),
    async status(workspaceId) {
      const state = writer.state();
      const key = (await readPublicKey(dir).catch(() => undefined)) ?? '';
      const published = await readPublished(join(dir, workspaceId), 'checkpoint');
      return {
        workspace: workspaceId,
        available: state.available,
        reason: state.available ? null : state.reason,
        size: writer.committed(workspaceId).size,
        indexed: search.indexed(workspaceId),
        checkpoint: parseCheckpoint(published && Buffer.from(published).toString('utf8')),
        origin: originOf(key, workspaceId),
        key,
      };
    },
    checkpoint,
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
    async close() {
      closing.abort();
      await Promise.all(settling);
      for (const { retention } of workspaces.values()) await retention.close();
      for (const { trail } of workspaces.values()) await trail.close();
      await search.close();
      await writer.close();
    },
  };
}

/** Folders of logs, and always the default's. */
async function workspacesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  const found = entries
    .filter((entry) => entry.isDirectory() && existsSync(join(dir, entry.name, 'segments')))
    .map(({ name }) => name);
  return [...new Set([DEFAULT_WORKSPACE, ...found])];
}

/** A log that cannot be opened at the start has no size yet. 0 when the signal fires first. */
async function sizeWhenAvailable(
  writer: Pick<LogWriter, 'state' | 'committed' | 'onStateChange'>,
  { workspaceId, signal }: { workspaceId: string; signal: AbortSignal },
): Promise<number> {
  const size = Promise.withResolvers<number>();
  const look = () => {
    if (writer.state().available) size.resolve(writer.committed(workspaceId).size);
  };
  const unsubscribe = writer.onStateChange(look);
  signal.addEventListener('abort', () => size.resolve(0), { once: true });
  look();
  return size.promise.finally(unsubscribe);
}
