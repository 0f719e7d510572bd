/** The proof that an event is in the log: docs/audit-format.md says what is in it. */
import { join } from 'node:path';
import { auditErrors } from '../errors.ts';
import type { ExportedEntry } from '../export/export-row.ts';
import { CheckedEntries } from '../export/read-entries.ts';
import type { AuditSearch } from '../ports.ts';
import { checkpointOrigin, openCheckpoint } from '../tree/checkpoint.ts';
import { inclusionProof } from '../tree/proofs.ts';
import type { VerifierKey } from '../tree/signed-note.ts';
import { tilesOf } from '../tree/tile-source.ts';
import { locateEntry } from './locate-entry.ts';

const SALT_BYTES = 32;

export interface ProofOptions {
  /** SWARM_HOME/audit */
  readonly dir: string;
  readonly workspaceId: string;
  readonly eventId: string;
  readonly search: Pick<AuditSearch, 'get'>;
  readonly key: VerifierKey;
  /** Text of a checkpoint whose tiles are published. */
  readonly checkpoint: () => Promise<string>;
}

export interface EventProof {
  readonly format: 'swarm-proof/v1';
  readonly origin: string;
  /** Of the tree. */
  readonly size: number;
  readonly checkpoint: string;
  /** The entry, or intent and completion. */
  readonly entries: readonly EntryProof[];
}

export interface EntryProof {
  readonly seq: number;
  /** Base64, as all hashes here. */
  readonly leafHash: string;
  /** Missing: erased. Its canonical JSON is the leaf. */
  readonly entry?: unknown;
  /** null: erased. */
  readonly payload?: unknown;
  readonly payloadSalt?: string;
  /** From the leaf's sibling up to the root's child. */
  readonly hashes: readonly string[];
  /** The same proof as C2SP tlog-proof writes it. */
  readonly tlogProof: string;
}

/** @throws event_not_found, audit_proof_unavailable, audit_log_damaged, audit_index_unavailable */
export async function proveEvent(options: ProofOptions): Promise<EventProof> {
  const { dir, eventId, key, search, workspaceId } = options;
  const event = await search.get(workspaceId, eventId);
  // After the event was found: then the checkpoint covers it.
  const note = await options.checkpoint();
  const origin = checkpointOrigin(key, workspaceId);
  const checkpoint = openCheckpoint(note, { key, origin });
  if ('fault' in checkpoint)
    throw auditErrors.audit_log_damaged(`The published checkpoint ${checkpoint.fault}.`);
  const { size } = checkpoint;
  const seqs = [event.seq, event.completedSeq].filter((seq) => seq !== undefined);
  const folder = join(dir, workspaceId);
  const tiles = tilesOf(folder);
  const entries: EntryProof[] = [];
  await using reader = new CheckedEntries({ dir: folder, tiles, size });
  for (const seq of seqs) {
    const hashes = await inclusionProof(tiles, seq, size);
    for await (const entry of reader.read([await locateEntry(folder, seq)]))
      entries.push(entryProof(entry, { note, hashes }));
  }
  return { format: 'swarm-proof/v1', origin, size, checkpoint: note, entries };
}

function entryProof(
  { seq, leaf, leafHash, payload }: ExportedEntry,
  proof: { readonly note: string; readonly hashes: readonly Buffer[] },
): EntryProof {
  const hashes = proof.hashes.map((hash) => hash.toString('base64'));
  const tlogProof = ['c2sp.org/tlog-proof@v1', `index ${seq}`, ...hashes, '', proof.note].join(
    '\n',
  );
  return {
    seq,
    leafHash,
    ...(leaf && { entry: JSON.parse(leaf.toString('utf8')) as unknown }),
    ...(payload === null && { payload: null }),
    ...(payload && {
      payload: JSON.parse(payload.toString('utf8', SALT_BYTES)) as unknown,
      payloadSalt: payload.toString('base64', 0, SALT_BYTES),
    }),
    hashes,
    tlogProof,
  };
}
