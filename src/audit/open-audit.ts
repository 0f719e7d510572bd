/** Puts the parts of the area together; each workspace's own are made when they are first asked for. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { DEFAULT_WORKSPACE } from '../contracts/actor.ts';
import type { Store } from '../store/store.ts';
import type { Audit } from './audit.ts';
import { LateLogWriter } from './late-log-writer.ts';
import { openLogWriter } from './log/open-log-writer.ts';
import type { LogWriter } from './ports.ts';
import { createReadings } from './readings.ts';
import { oneAtATime } from './retention/one-at-a-time.ts';
import { createRetention, type Retention } from './retention/retention.ts';
import { openSearch } from './search/open-search.ts';
import { type ClosableTrail, createTrail } from './trail/create-trail.ts';
import { settleOpenIntents } from './trail/settle-open-intents.ts';
import { formatVerifierKey } from './tree/signed-note.ts';
import { loadSigningKey } from './tree/signing-key.ts';
import { runVerifier } from './verification/run-verifier.ts';
import { Verifications } from './verification/verifications.ts';

export interface AuditOptions {
  /** SWARM_HOME/audit */
  readonly dir: string;
  readonly store: Pick<Store, 'auditRetention'>;
  readonly log: Logger;
  readonly clock: Clock;
  /** How often swarmd verifies the log by itself; 0 or absent: never. */
  readonly verifyEveryHours?: number;
}

/** Shares no code with this: only its path is known here. */
const VERIFIER = join(import.meta.dirname, '..', '..', 'verifier', 'verify.ts');

interface WorkspaceParts {
  readonly trail: ClosableTrail;
  readonly retention: Retention;
  readonly verifications: Verifications;
}

/**
 * Opens the log, or says why it cannot be written until it can: then what is there is still read.
 * @throws audit_folder_locked
 */
export async function openAudit(options: AuditOptions): Promise<Audit> {
  const { dir, store, log, clock, verifyEveryHours = 0 } = options;
  const closing = new AbortController();
  const writer = new LateLogWriter(() => openLogWriter({ dir, log, clock }), log);
  const known = new Set(await workspacesIn(dir));
  const settling: Promise<unknown>[] = [];
  await writer.begin();
  const search = await openSearch({ dir, writer, log });

  const inTurn = oneAtATime();
  const publicKey = rememberedKey(dir);
  const verify = (workspaceId: string, signal: AbortSignal) =>
    inTurn(() => runVerifier(workspaceId, { dir, program: VERIFIER, writer, publicKey, signal }));

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
    const verifications = new Verifications({
      ...{ workspaceId, clock, log, trail, search, writer },
      everyHours: verifyEveryHours,
      verify: (signal) => verify(workspaceId, signal),
    });
    verifications.start();
    const parts = { trail, retention, verifications };
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

  return {
    ...{ writer, search },
    trail: (workspaceId) => partsOf(workspaceId).trail,
    retention: (workspaceId) => partsOf(workspaceId).retention,
    state: () => writer.state(),
    onStateChange: (listener) => writer.onStateChange(listener),
    verifications: (workspaceId) => partsOf(workspaceId).verifications,
    ...createReadings({
      ...{ dir, writer, search, clock },
      verifications: (workspaceId) => partsOf(workspaceId).verifications,
    }),
    async close() {
      closing.abort();
      await Promise.all([...workspaces.values()].map((parts) => parts.verifications.close()));
      for (const { retention } of workspaces.values()) await retention.close();
      for (const { trail } of workspaces.values()) await trail.close();
      await search.close();
      // Ends with the search that it may wait for.
      await Promise.all(settling);
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

/** As it was when it could first be read: a pair of key files that was replaced later is found. */
function rememberedKey(dir: string): () => string {
  let remembered: string | undefined;
  const key = () => {
    remembered ??= formatVerifierKey(loadSigningKey(dir).verifier);
    return remembered;
  };
  try {
    key();
  } catch {
    // Whoever asks for it is told.
  }
  return key;
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
