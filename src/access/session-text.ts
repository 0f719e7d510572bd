/**
 * A session as text. The cookie is `ses_….SECRET`; the header token is another secret, and neither
 * follows from the other: a cookie goes to every port of a host name, the token to one origin only.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { hashToken } from './token-text.ts';

const SECRET_LENGTH = 32;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const COOKIE = new RegExp(`^(ses_[${ALPHABET}]{20})\\.([${ALPHABET}]{${SECRET_LENGTH}})$`);

/** 32 characters of 5 bits: 160 random bits. */
export function newSecret(): string {
  return Array.from(randomBytes(SECRET_LENGTH), (byte) => ALPHABET.charAt(byte % 32)).join('');
}

export function cookieText({ id, secret }: { id: string; secret: string }): string {
  return `${id}.${secret}`;
}

/** Undefined: it is none of ours. */
export function parseCookieText(text: string): { id: string; secret: string } | undefined {
  const match = COOKIE.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { id: match[1], secret: match[2] };
}

/** Compares in a time that says nothing of either. */
export function isSameText(a: string, b: string): boolean {
  return timingSafeEqual(hashToken(a), hashToken(b));
}
