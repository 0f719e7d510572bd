/** A proof of the format swarm-proof/v1: docs/audit-format.md, “Proofs”. */
import { type Bytes, fromBase64 } from './bytes.ts';
import { ProofProblem } from './proof-problem.ts';
import { HASH_BYTES } from './tree-hash.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export interface ProofEntry {
  readonly seq: number;
  readonly leafHash: Bytes;
  /** undefined: erased. */
  readonly entry: JsonObject | undefined;
  /** undefined: none was stored; null: erased. */
  readonly payload: unknown;
  readonly payloadSalt: unknown;
  readonly hashes: readonly Bytes[];
}

export interface ProofFile {
  readonly origin: string;
  readonly size: number;
  readonly checkpoint: string;
  readonly entries: readonly ProofEntry[];
}

const MAX_PROOF_CHARACTERS = 8_000_000;
/** A path of more hashes would be of a tree that nobody can count. */
const MAX_PATH = 64;
const MEMBERS = 'format origin size checkpoint entries';
const ENTRY_MEMBERS = [
  ...['seq', 'leafHash', 'entry', 'payload', 'payloadSalt', 'hashes', 'tlogProof'],
];

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every character of it counts: nothing is passed over. @throws ProofProblem */
export function parseProof(given: string): ProofFile {
  if (given.length > MAX_PROOF_CHARACTERS) throw new ProofProblem('It is too long for a proof.');
  const text = given.endsWith('\n') ? given.slice(0, -1) : given;
  let proof: unknown;
  try {
    proof = JSON.parse(text);
  } catch {
    throw new ProofProblem('It is not JSON.');
  }
  if (text !== JSON.stringify(proof) && text !== JSON.stringify(proof, null, 2))
    throw new ProofProblem('It is not written as proofs are: something is in it twice or besides.');
  if (!isObject(proof) || proof.format !== 'swarm-proof/v1')
    throw new ProofProblem('It is not of the format swarm-proof/v1.');
  if (Object.keys(proof).join(' ') !== MEMBERS)
    throw new ProofProblem(`Its members are not: ${MEMBERS}.`);
  const { origin, size, checkpoint, entries } = proof;
  if (typeof origin !== 'string' || typeof size !== 'number' || typeof checkpoint !== 'string')
    throw new ProofProblem('It has no origin, size and checkpoint.');
  if (!Array.isArray(entries) || entries.length < 1 || entries.length > 2)
    throw new ProofProblem('It has not one entry or two.');
  return {
    origin,
    size,
    checkpoint,
    entries: entries.map((entry) => parseEntry(entry, checkpoint)),
  };
}

function parseEntry(given: unknown, note: string): ProofEntry {
  if (!isObject(given) || !Object.keys(given).every((name) => ENTRY_MEMBERS.includes(name)))
    throw new ProofProblem('One of its entries has members that no entry has.');
  const { seq, entry, payload, payloadSalt, hashes, tlogProof } = given;
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0)
    throw new ProofProblem('One of its entries has no number.');
  if (entry !== undefined && !isObject(entry))
    throw new ProofProblem(`Entry ${seq} is not an object.`);
  if (!Array.isArray(hashes) || hashes.length > MAX_PATH)
    throw new ProofProblem(`Entry ${seq} has no path.`);
  const textProof = ['c2sp.org/tlog-proof@v1', `index ${seq}`, ...hashes, '', note].join('\n');
  if (tlogProof !== textProof)
    throw new ProofProblem(`The tlog-proof of entry ${seq} says something else than the rest.`);
  return {
    ...{ seq, entry, payload, payloadSalt },
    leafHash: parseHash(given.leafHash),
    hashes: hashes.map(parseHash),
  };
}

function parseHash(text: unknown): Bytes {
  const bytes = typeof text === 'string' ? fromBase64(text) : undefined;
  if (bytes?.length !== HASH_BYTES) throw new ProofProblem('A hash of it is not 32 bytes long.');
  return bytes;
}
