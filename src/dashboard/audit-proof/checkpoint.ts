/** Signed notes and checkpoints: C2SP signed-note and tlog-checkpoint. */
import { type Bytes, fromBase64 } from './bytes.ts';
import { ProofProblem } from './proof-problem.ts';
import { HASH_BYTES } from './tree-hash.ts';
import { isKeyOf, isSignatureOf, KEY_ID_BYTES, type VerifierKey } from './verifier-key.ts';

const SIGNATURE_BYTES = 64;
const MAX_NOTE_CHARACTERS = 100_000;
const MAX_SIGNATURES = 100;

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
}

/**
 * The text of a note that the key signed, its last newline included. Signatures of others are
 * passed over.
 * @throws ProofProblem
 */
export async function openNote(note: string, key: VerifierKey): Promise<string> {
  const split = note.lastIndexOf('\n\n');
  if (note.length > MAX_NOTE_CHARACTERS || split < 1 || !note.endsWith('\n'))
    throw new ProofProblem('It is not a signed note: text, an empty line, signatures.');
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new ProofProblem('It has too many signatures.');
  const ours = lines.map(signatureLine).filter((line) => isKeyOf(key, line));
  const [own] = ours;
  if (own === undefined)
    throw new ProofProblem(
      `It is not signed by ${key.name}: another key signed it, or nobody did.`,
    );
  if (ours.length > 1) throw new ProofProblem(`${key.name} signed it more than once.`);
  if (own.signature.length !== SIGNATURE_BYTES || !(await isSignatureOf(key, { text, ...own })))
    throw new ProofProblem(`The signature of ${key.name} is not one of this text.`);
  return text;
}

function signatureLine(line: string): { name: string; id: Bytes; signature: Bytes } {
  const match = /^— ([^\s+]+) ([A-Za-z0-9+/=]+)$/.exec(line);
  const bytes = fromBase64(match?.[2] ?? '');
  if (match === null || bytes === undefined || bytes.length <= KEY_ID_BYTES)
    throw new ProofProblem('One of its signature lines cannot be read.');
  const [id, signature] = [bytes.slice(0, KEY_ID_BYTES), bytes.slice(KEY_ID_BYTES)];
  return { name: match[1] ?? '', id, signature };
}

/** @throws ProofProblem */
export async function openCheckpoint(note: string, key: VerifierKey): Promise<Checkpoint> {
  const text = await openNote(note, key);
  const match = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/=]+)\n$/.exec(text);
  const [, origin = '', size = ''] = match ?? [];
  const root = fromBase64(match?.[3] ?? '');
  if (root?.length !== HASH_BYTES || !Number.isSafeInteger(Number(size)))
    throw new ProofProblem('It is signed, but says no origin, size and root.');
  return { origin, size: Number(size), root };
}
