/**
 * AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits and a tag of 128. A box is
 * nonce ‖ ciphertext ‖ tag. A key seals fewer than 2^32 boxes, the bound for random nonces.
 */
import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const BOX_OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES;

export function sealBox(
  content: Uint8Array,
  { key, label }: { key: KeyObject; label: Buffer },
): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(label);
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

/** @returns undefined when it was not sealed just so, with this key and label */
export function openBox(
  box: Buffer,
  { key, label }: { key: KeyObject; label: Buffer },
): Buffer | undefined {
  if (box.length < BOX_OVERHEAD_BYTES) return undefined;
  const options = { authTagLength: TAG_BYTES };
  const cipher = createDecipheriv(ALGORITHM, key, box.subarray(0, NONCE_BYTES), options);
  cipher.setAAD(label);
  cipher.setAuthTag(box.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([cipher.update(box.subarray(NONCE_BYTES, -TAG_BYTES)), cipher.final()]);
  } catch {
    return undefined;
  }
}

/** Associated data: each part with its length before it, so that no two lists look the same. */
export function labelOf(purpose: string, parts: readonly string[]): Buffer {
  const pieces = [purpose, ...parts].flatMap((part) => {
    const bytes = Buffer.from(part, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(pieces);
}

/** Base64 as only one text can be for the same bytes; Buffer.from takes many. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
