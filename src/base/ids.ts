import { randomBytes } from 'node:crypto';

/** Crockford's base 32 in lower case: no i, l, o, u, so that an id can be read aloud. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A new id: `prefix_` + 10 characters of milliseconds + 10 random characters (50 bits).
 * Ids of one prefix sort by the time they were made. Letters, digits and '_' only.
 */
export function newId(prefix: string, nowMs: number = Date.now()): string {
  let time = '';
  for (let rest = nowMs, i = 0; i < 10; i++, rest = Math.floor(rest / 32))
    time = ALPHABET.charAt(rest % 32) + time;
  let random = '';
  for (const byte of randomBytes(10)) random += ALPHABET.charAt(byte % 32);
  return `${prefix}_${time}${random}`;
}
