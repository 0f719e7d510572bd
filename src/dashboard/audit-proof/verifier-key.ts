/** The log’s public key, as docs/audit-format.md (“Keys and checkpoints”) and C2SP write it. */
import { type Bytes, fromBase64, isSame, joined, toHex, utf8 } from './bytes.ts';
import { ProofProblem } from './proof-problem.ts';
import { HASH_BYTES, sha256 } from './tree-hash.ts';

export const KEY_ID_BYTES = 4;
const ED25519 = 1;
const MAX_KEY_CHARACTERS = 300;

export interface VerifierKey {
  readonly name: string;
  readonly id: Bytes;
  /** 32 bytes. */
  readonly publicKey: Bytes;
  /** Hexadecimal SHA-256 of them; the name has its first eight digits. */
  readonly fingerprint: string;
  /** The one line, as it was given. */
  readonly text: string;
}

/** @throws ProofProblem */
export async function parseKey(given: string): Promise<VerifierKey> {
  const text = given.trim();
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
  const [, name = '', id = '', encoded = ''] = match ?? [];
  const bytes = fromBase64(encoded);
  if (text.length > MAX_KEY_CHARACTERS || match === null || bytes === undefined)
    throw new ProofProblem('A key is one line such as swarm-1a2b3c4d+5e6f7a8b+AbCd…');
  if (bytes.length !== 1 + HASH_BYTES || bytes[0] !== ED25519)
    throw new ProofProblem('This is not an Ed25519 key.');
  const publicKey = bytes.slice(1);
  const fingerprint = toHex(await sha256(publicKey));
  if (name !== `swarm-${fingerprint.slice(0, 8)}`)
    throw new ProofProblem('The key’s name does not belong to its bytes.');
  const digest = await sha256(joined(utf8(`${name}\n`), bytes));
  const keyId = digest.slice(0, KEY_ID_BYTES);
  if (toHex(keyId) !== id) throw new ProofProblem('The key’s id does not belong to its bytes.');
  return { name, id: keyId, publicKey, fingerprint, text };
}

/** Is this the key that signed the line with this name and id? */
export function isKeyOf(key: VerifierKey, line: { name: string; id: Uint8Array }): boolean {
  return line.name === key.name && isSame(line.id, key.id);
}

/** @throws ProofProblem when this browser has no Ed25519 */
export async function isSignatureOf(
  key: VerifierKey,
  { text, signature }: { readonly text: string; readonly signature: Bytes },
): Promise<boolean> {
  try {
    const imported = await crypto.subtle.importKey('raw', key.publicKey, 'Ed25519', false, [
      'verify',
    ]);
    return await crypto.subtle.verify('Ed25519', imported, signature, utf8(text));
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotSupportedError')
      throw new ProofProblem('This browser cannot check Ed25519 signatures: take a newer one.');
    // Bytes that are no point of the curve: nothing is signed by such a key.
    return false;
  }
}
