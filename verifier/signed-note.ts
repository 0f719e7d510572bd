/** Keys, signed notes and checkpoints, as docs/audit-format.md and C2SP describe them. */
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { HASH_BYTES } from './hash-tree.ts';

const KEY_ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
/** A note of ours has 300 bytes; cosignatures may be added by others. */
const MAX_NOTE_BYTES = 1_000_000;

export interface VerifierKey {
  readonly name: string;
  /** 4 bytes. */
  readonly id: Buffer;
  readonly key: KeyObject;
  /** As it was given, without the newline. */
  readonly text: string;
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** 32 characters, one a byte. */
  readonly root: string;
}

/** What was wrong, for a person: never thrown out of the verifier. */
export class NoteProblem extends Error {}

/** Decodes strictly: what is not the one right way to write these bytes is refused. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** @throws NoteProblem */
export function parseKey(given: string): VerifierKey {
  const text = given.endsWith('\n') ? given.slice(0, -1) : given;
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
  const [, name = '', id = '', encoded = ''] = match ?? [];
  const bytes = decodeBase64(encoded);
  if (match === null || bytes === undefined)
    throw new NoteProblem('a key is one line: name+HHHHHHHH+base64');
  if (bytes.length !== 1 + HASH_BYTES || bytes[0] !== 1)
    throw new NoteProblem('this is not an Ed25519 key (algorithm 1, 32 bytes)');
  const raw = bytes.subarray(1);
  const named = `swarm-${hash('sha256', raw, 'hex').slice(0, 8)}`;
  if (name !== named) throw new NoteProblem(`the key is named ${name}, its bytes say ${named}`);
  const digest = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), bytes]), 'buffer');
  const keyId = digest.subarray(0, KEY_ID_BYTES);
  if (keyId.toString('hex') !== id) throw new NoteProblem('the key id is not that of this key');
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') };
  return { name, id: keyId, key: createPublicKey({ key: jwk, format: 'jwk' }), text };
}

export function checkpointText(checkpoint: Checkpoint): string {
  const root = Buffer.from(checkpoint.root, 'latin1').toString('base64');
  return `${checkpoint.origin}\n${checkpoint.size}\n${root}\n`;
}

/** Whether these 64 bytes are the key's signature of the text. */
export function isSignatureOf(
  key: VerifierKey,
  signed: { readonly text: string; readonly signature: Uint8Array },
): boolean {
  return verify(null, Buffer.from(signed.text), key.key, signed.signature);
}

/**
 * The text of a signed note, when the key's signature of it is there and right. Signatures of other
 * keys are left alone, as C2SP says; a second one of this key is not.
 * @throws NoteProblem
 */
export function openNote(bytes: Buffer, key: VerifierKey): string {
  if (bytes.length > MAX_NOTE_BYTES) throw new NoteProblem('it is too long for a signed note');
  const note = bytes.toString('utf8');
  if (!Buffer.from(note).equals(bytes)) throw new NoteProblem('it is not UTF-8');
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) throw new NoteProblem('it is not a signed note');
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split('\n');
  let ours = 0;
  for (const line of lines) {
    const match = /^— (\S+) (\S+)$/.exec(line);
    const [, name = '', encoded = ''] = match ?? [];
    const signature = decodeBase64(encoded);
    if (match === null || signature === undefined || signature.length <= KEY_ID_BYTES)
      throw new NoteProblem('a signature line is malformed');
    if (name !== key.name || !signature.subarray(0, KEY_ID_BYTES).equals(key.id)) continue;
    ours += 1;
    const own = signature.subarray(KEY_ID_BYTES);
    if (own.length !== SIGNATURE_BYTES || !isSignatureOf(key, { text, signature: own }))
      throw new NoteProblem(`the signature of ${key.name} is wrong`);
  }
  if (ours === 0) throw new NoteProblem(`it is not signed by ${key.name}`);
  if (ours > 1) throw new NoteProblem(`it is signed by ${key.name} more than once`);
  return text;
}

/** @throws NoteProblem */
export function openCheckpoint(bytes: Buffer, key: VerifierKey): Checkpoint {
  const match = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/=]+)\n$/.exec(openNote(bytes, key));
  const [, origin = '', size = '', root = ''] = match ?? [];
  const rootBytes = decodeBase64(root);
  if (match === null || rootBytes?.length !== HASH_BYTES || !Number.isSafeInteger(Number(size)))
    throw new NoteProblem('it is signed, but is no checkpoint: origin, size, root');
  return { origin, size: Number(size), root: rootBytes.toString('latin1') };
}
