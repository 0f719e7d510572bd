/** Signed notes and verifier keys as C2SP signed-note writes them, with one Ed25519 signature. */
import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';

const ED25519 = 0x01;
const SIGNATURE_BYTES = 64;
const KEY_ID_BYTES = 4;
/** DER of a SubjectPublicKeyInfo for Ed25519, before the 32 bytes of the key (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export interface VerifierKey {
  readonly name: string;
  readonly id: Buffer;
  /** 32 bytes. */
  readonly raw: Buffer;
  readonly publicKey: KeyObject;
}

/** The key's name is made from its public half: `swarm-` and 8 digits. */
export function verifierKeyOf(publicKey: KeyObject): VerifierKey {
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length);
  return makeVerifierKey(`swarm-${hash('sha256', raw, 'hex').slice(0, 8)}`, raw);
}

function makeVerifierKey(name: string, raw: Buffer): VerifierKey {
  const text = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ED25519), raw]);
  const publicKey = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, raw]),
    format: 'der',
    type: 'spki',
  });
  return { name, id: hash('sha256', text, 'buffer').subarray(0, KEY_ID_BYTES), raw, publicKey };
}

/** One line, without its end. */
export function formatVerifierKey({ name, id, raw }: VerifierKey): string {
  const key = Buffer.concat([Buffer.of(ED25519), raw]).toString('base64');
  return `${name}+${id.toString('hex')}+${key}`;
}

/** @returns undefined for what is none */
export function parseVerifierKey(line: string): VerifierKey | undefined {
  const match = /^([^\s+]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(line.trimEnd());
  const [, name, id, key] = match ?? [];
  if (name === undefined || id === undefined || key === undefined) return undefined;
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length !== 33 || bytes[0] !== ED25519) return undefined;
  const verifier = makeVerifierKey(name, bytes.subarray(1));
  return verifier.id.toString('hex') === id ? verifier : undefined;
}

export interface Signer {
  readonly verifier: VerifierKey;
  readonly privateKey: KeyObject;
}

/** 64 bytes. @param text ends with a newline */
export function signText(text: string, signer: Signer): Buffer {
  return sign(null, Buffer.from(text), signer.privateKey);
}

export function signatureHolds(text: string, signature: Buffer, key: VerifierKey): boolean {
  return verify(null, Buffer.from(text), key.publicKey, signature);
}

/** @param text ends with a newline */
export function formatNote(text: string, signature: Buffer, key: VerifierKey): string {
  return `${text}\n\u2014 ${key.name} ${Buffer.concat([key.id, signature]).toString('base64')}\n`;
}

export function signNote(text: string, signer: Signer): string {
  return formatNote(text, signText(text, signer), signer.verifier);
}

/**
 * The text of a note that `key` has signed; signatures by others are passed over.
 * @returns undefined when there is no signature of the key that holds
 */
export function openNote(
  note: string,
  key: VerifierKey,
): { text: string; signature: Buffer } | undefined {
  const end = note.lastIndexOf('\n\n');
  if (end < 0) return undefined;
  const text = note.slice(0, end + 1);
  for (const line of note.slice(end + 2).split('\n')) {
    const [, name, encoded] = /^\u2014 (\S+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
    if (name !== key.name || encoded === undefined) continue;
    const bytes = Buffer.from(encoded, 'base64');
    // Other spellings of the same bytes would be changes that nobody finds.
    if (bytes.toString('base64') !== encoded) continue;
    const signature = bytes.subarray(KEY_ID_BYTES);
    if (signature.length !== SIGNATURE_BYTES) continue;
    if (!bytes.subarray(0, KEY_ID_BYTES).equals(key.id)) continue;
    if (signatureHolds(text, signature, key)) return { text, signature };
  }
  return undefined;
}
