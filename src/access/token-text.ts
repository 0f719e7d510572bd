/**
 * A token as text: `swarm_<id>_<secret><check>`. The check lets a mistyped or cut token be told
 * apart from an unknown one without asking anybody, and lets secret scanners be certain.
 */
import { createHash, randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ID_LENGTH = 20;
/** 32 characters of 5 bits: 160 random bits. */
const SECRET_LENGTH = 32;
const CHECK_LENGTH = 4;
const PATTERN = new RegExp(
  `^swarm_([${ALPHABET}]{${ID_LENGTH}})_([${ALPHABET}]{${SECRET_LENGTH}})([${ALPHABET}]{${CHECK_LENGTH}})$`,
);

export interface TokenText {
  /** As the record's: `tok_…`. */
  readonly id: string;
  readonly text: string;
}

/** A new token for the record with this id (`tok_` + 20 characters). */
export function newTokenText(id: string): TokenText {
  const secret = Array.from(randomBytes(SECRET_LENGTH), (byte) => ALPHABET.charAt(byte % 32));
  const body = `swarm_${id.slice('tok_'.length)}_${secret.join('')}`;
  return { id, text: body + check(body) };
}

/** The token, or undefined when it is malformed: mistyped, cut, or something else. */
export function parseTokenText(text: string): TokenText | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const body = text.slice(0, -CHECK_LENGTH);
  return check(body) === match[3] ? { id: `tok_${match[1]}`, text } : undefined;
}

/** What is stored of a token. 160 random bits need no slow hash. */
export function hashToken(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function check(body: string): string {
  const digest = createHash('sha256').update(`check:${body}`).digest();
  return Array.from(digest.subarray(0, CHECK_LENGTH), (byte) => ALPHABET.charAt(byte % 32)).join(
    '',
  );
}
