/**
 * Root keys as text, one a line, the current one first:
 *
 *   # Swarm's root key …
 *   swarm-root-key-v1 ID 64HEXDIGITS
 *
 * Two stand there while one takes the other's place. An id is the beginning of a hash of its key,
 * so a key that was copied wrongly is found out before it is used.
 */
import { createHash, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { KEY_BYTES } from './sealed-box.ts';

export interface RootKey {
  /** 16 hexadecimal digits. */
  readonly id: string;
  readonly key: KeyObject;
}

const FORMAT = 'swarm-root-key-v1';
const HEAD = [
  "# Swarm's root key. With it and swarm.db every secret can be read; without it, none.",
  '# Keep a copy in another place than the backups of swarm.db. "swarm secrets rekey" replaces it.',
];
/** An interrupted replacement leaves two. */
const MAX_KEYS = 8;

export function newRootKey(): RootKey {
  return rootKeyOf(randomBytes(KEY_BYTES));
}

export function formatRootKeys(keys: readonly RootKey[]): string {
  const lines = keys.map(({ id, key }) => `${FORMAT} ${id} ${key.export().toString('hex')}`);
  return [...HEAD, ...lines, ''].join('\n');
}

export type ParsedRootKeys =
  | { readonly keys: readonly RootKey[] }
  /** Where, and what it should be; nothing of what stands there. */
  | { readonly fault: string };

export function parseRootKeys(text: string): ParsedRootKeys {
  const keys: RootKey[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const match = /^swarm-root-key-v(\d+) ([0-9a-f]{16}) ([0-9a-f]{64})\s*$/.exec(line);
    const [, version, id, hex] = match ?? [];
    if (hex === undefined)
      return { fault: `line ${index + 1} is not "${FORMAT} ID KEY" with 16 and 64 digits` };
    if (version !== '1') return { fault: `line ${index + 1} is of a newer Swarm` };
    const key = rootKeyOf(Buffer.from(hex, 'hex'));
    if (key.id !== id) return { fault: `the key in line ${index + 1} does not belong to its id` };
    keys.push(key);
  }
  if (keys.length === 0) return { fault: 'it holds no key' };
  if (keys.length > MAX_KEYS) return { fault: `it holds more than ${MAX_KEYS} keys` };
  return { keys };
}

function rootKeyOf(bytes: Buffer): RootKey {
  const digest = createHash('sha256').update('swarm root key id v1\0').update(bytes).digest('hex');
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return { id: digest.slice(0, 16), key };
}
