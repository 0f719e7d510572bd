/** Verifies the proof of an event: PROOF.json, or one entry's C2SP tlog-proof. */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { canonicalJson } from './canonical-json.ts';
import type { Findings } from './findings.ts';
import { leafHash, rootOfInclusion } from './hash-tree.ts';
import {
  type Checkpoint,
  decodeBase64,
  NoteProblem,
  openCheckpoint,
  type VerifierKey,
} from './signed-note.ts';

export interface ProofSummary {
  readonly origin: string;
  /** Of the tree. */
  readonly size: number;
  readonly seqs: readonly number[];
}

interface ProofOptions {
  readonly key: VerifierKey;
  readonly kept: Checkpoint | undefined;
  readonly workspace: string | undefined;
  /** File of the entry, for a tlog-proof. */
  readonly entry: string | undefined;
  readonly findings: Findings;
}

interface ProvenEntry {
  readonly seq: number;
  readonly hashes: readonly string[];
  readonly leaf: string;
}

class ProofProblem extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function verifyProof(bytes: Buffer, options: ProofOptions): ProofSummary {
  const { findings } = options;
  let origin = '';
  let size = 0;
  const seqs: number[] = [];
  try {
    const text = bytes.toString('utf8');
    if (!Buffer.from(text).equals(bytes))
      throw new ProofProblem('proof_malformed', 'it is not UTF-8');
    const proof = text.startsWith('c2sp.org/')
      ? [textProof(text, options)]
      : jsonProofs(text, options);
    for (const { checkpoint, entry } of proof) {
      if (size !== 0 && (checkpoint.size !== size || checkpoint.origin !== origin))
        throw new ProofProblem(
          'proof_checkpoint',
          'its entries are proven by different checkpoints',
        );
      ({ origin, size } = checkpoint);
      seqs.push(entry.seq);
      included(entry, checkpoint);
    }
    checkOrigin(origin, size, options);
  } catch (error) {
    if (error instanceof ProofProblem) findings.add({ code: error.code, message: error.message });
    else if (error instanceof NoteProblem)
      findings.add({ code: 'checkpoint_invalid', message: error.message });
    else throw error;
  }
  return { origin, size, seqs };
}

function checkOrigin(origin: string, size: number, options: ProofOptions): void {
  const { key, kept, workspace, findings } = options;
  const isOurs =
    workspace === undefined
      ? origin.startsWith(`${key.name}/`)
      : origin === `${key.name}/${workspace}`;
  if (!isOurs || (kept !== undefined && kept.origin !== origin)) {
    const message = `the proof is of the log ${origin}`;
    findings.add({ code: 'checkpoint_origin', message });
  }
  if (kept !== undefined && size < kept.size) {
    const message = `the proof is of a tree of ${size} entries, the checkpoint that was given of ${kept.size}`;
    findings.note({ code: 'checkpoint_older', message });
  }
}

function included(entry: ProvenEntry, checkpoint: Checkpoint): void {
  const root = rootOfInclusion({
    leaf: entry.leaf,
    index: entry.seq,
    size: checkpoint.size,
    hashes: entry.hashes,
  });
  if (root !== checkpoint.root)
    throw new ProofProblem(
      'proof_mismatch',
      `the hashes do not lead from entry ${entry.seq} to the checkpoint's root`,
    );
}

interface Proven {
  readonly checkpoint: Checkpoint;
  readonly entry: ProvenEntry;
}

/** C2SP tlog-proof: header, extra, index, hashes, an empty line, the checkpoint. */
function parseTextProof(text: string, key: VerifierKey) {
  const split = text.indexOf('\n\n');
  const lines = text.slice(0, Math.max(0, split)).split('\n');
  const header = lines.shift();
  if (lines[0]?.startsWith('extra ') === true) {
    const extra = lines.shift() ?? '';
    if (decodeBase64(extra.slice(6)) === undefined) throw malformed('extra is not base64');
  }
  const index = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '')?.[1];
  if (header !== 'c2sp.org/tlog-proof@v1' || index === undefined)
    throw malformed('it is no C2SP tlog-proof');
  const hashes = lines.map(hashText);
  const checkpoint = openCheckpoint(Buffer.from(text.slice(split + 2)), key);
  return { checkpoint, seq: Number(index), hashes };
}

function textProof(text: string, options: ProofOptions): Proven {
  const { checkpoint, seq, hashes } = parseTextProof(text, options.key);
  if (options.entry === undefined)
    throw malformed('a tlog-proof does not carry its entry: name its file with --entry');
  const bytes = readFileSync(options.entry);
  return { checkpoint, entry: { seq, hashes, leaf: leafHash(bytes) } };
}

function malformed(message: string): ProofProblem {
  return new ProofProblem('proof_malformed', message);
}

function hashText(text: unknown): string {
  const bytes = typeof text === 'string' ? decodeBase64(text) : undefined;
  if (bytes?.length !== 32) throw malformed('a hash is not 32 bytes in base64');
  return bytes.toString('latin1');
}

function jsonProofs(text: string, options: ProofOptions): Proven[] {
  let proof: unknown;
  try {
    proof = JSON.parse(text);
  } catch {
    throw malformed('it is not JSON');
  }
  if (!isObject(proof) || proof.format !== 'swarm-proof/v1' || !Array.isArray(proof.entries))
    throw malformed('it is no proof of the format swarm-proof/v1');
  // Every byte is spoken for: what JSON.parse passes over would be a place to hide changes.
  const forms = [JSON.stringify(proof), JSON.stringify(proof, null, 2)];
  if (!forms.includes(text.endsWith('\n') ? text.slice(0, -1) : text))
    throw malformed('it is not written as proofs are: compact, or with two spaces');
  const { entries, checkpoint: note, origin, size } = proof;
  const fields = Object.keys(proof).join(' ');
  if (fields !== 'format origin size checkpoint entries')
    throw malformed(`its members are ${fields}`);
  if (typeof note !== 'string' || entries.length < 1 || entries.length > 2)
    throw malformed('it has one checkpoint, and one entry or two');
  const checkpoint = openCheckpoint(Buffer.from(note), options.key);
  if (origin !== checkpoint.origin || size !== checkpoint.size)
    throw new ProofProblem('proof_checkpoint', 'origin and size are not those of its checkpoint');
  const proven = entries.map((entry: unknown) => jsonEntry(entry, { checkpoint, note, options }));
  if (entries.length === 2) checkHalves(entries[0], entries[1]);
  return proven;
}

const ENTRY_FIELDS = new Set([
  'seq',
  'leafHash',
  'entry',
  'payload',
  'payloadSalt',
  'hashes',
  'tlogProof',
]);

function jsonEntry(
  value: unknown,
  context: { checkpoint: Checkpoint; note: string; options: ProofOptions },
): Proven {
  if (!isObject(value) || typeof value.seq !== 'number' || !Array.isArray(value.hashes))
    throw malformed('an entry of it has no seq or hashes');
  const strange = Object.keys(value).find((name) => !ENTRY_FIELDS.has(name));
  if (strange !== undefined) throw malformed(`an entry has the member ${strange}`);
  const { checkpoint, note } = context;
  const hashes = value.hashes.map(hashText);
  const leaf = hashText(value.leafHash);
  const { seq } = value;
  if (value.entry !== undefined) checkEntry(value, leaf, checkpoint);
  else if (value.payload !== undefined || value.payloadSalt !== undefined)
    throw malformed('an erased entry has no payload');
  const text = ['c2sp.org/tlog-proof@v1', `index ${seq}`, ...value.hashes, '', note].join('\n');
  if (value.tlogProof !== text)
    throw new ProofProblem('proof_text', `the tlog-proof of entry ${seq} is another proof`);
  return { checkpoint, entry: { seq, hashes, leaf } };
}

function checkEntry(value: Record<string, unknown>, leaf: string, checkpoint: Checkpoint): void {
  const { entry, seq } = value;
  if (!isObject(entry)) throw malformed('entry is no object');
  const canonical = canonicalJson(entry);
  if (canonical === undefined || leafHash(Buffer.from(canonical)) !== leaf)
    throw new ProofProblem('leaf_mismatch', `entry ${seq} does not have its leaf hash`);
  const workspace = checkpoint.origin.slice(checkpoint.origin.indexOf('/') + 1);
  if (entry.seq !== seq || entry.workspace !== workspace)
    throw new ProofProblem('entry_seq', `entry ${seq} says another place of itself`);
  const problem = payloadProblem({
    commit: isObject(entry.payload) ? entry.payload.commit : undefined,
    payload: value.payload,
    salt: value.payloadSalt,
  });
  if (problem !== undefined)
    throw new ProofProblem('payload_mismatch', `payload of entry ${seq}: ${problem}`);
}

/** What is committed to is the JSON without white space, its members in the order they have. */
export function payloadProblem(given: {
  readonly commit: unknown;
  /** undefined: none was stored; null: erased. */
  readonly payload: unknown;
  readonly salt: unknown;
}): string | undefined {
  const { commit, payload, salt } = given;
  if (commit === undefined)
    return payload === undefined && salt === undefined ? undefined : 'the entry commits to none';
  if (payload === null && salt === undefined) return undefined;
  if (!isObject(payload) || typeof salt !== 'string')
    return 'the entry commits to one, and it is not there';
  const saltBytes = decodeBase64(salt);
  if (saltBytes?.length !== 32) return 'its salt is not 32 bytes';
  const bytes = Buffer.concat([Buffer.of(2), saltBytes, Buffer.from(JSON.stringify(payload))]);
  if (hash('sha256', bytes, 'base64') !== commit) return 'it is not what the entry commits to';
  return undefined;
}

function checkHalves(first: unknown, second: unknown): void {
  const intent = isObject(first) && isObject(first.entry) ? first.entry : undefined;
  const completion = isObject(second) && isObject(second.entry) ? second.entry : undefined;
  if (intent === undefined || completion === undefined) return;
  const belong =
    intent.phase === 'intent' &&
    completion.phase === 'completion' &&
    completion.intent === intent.seq &&
    completion.id === intent.id;
  if (!belong)
    throw new ProofProblem('completion_without_intent', 'the two entries are not of one action');
}
