/** Codes that are good once, for a minute. Only their hashes are held, and only in memory. */
import type { Clock } from '../base/clock.ts';
import { newSecret } from './session-text.ts';
import { hashToken } from './token-text.ts';

export const CODE_TTL_MS = 60_000;
const MAX_OF_TOKEN = 10;
const MAX_CODES = 100;

/** What the session for a code will be. */
export interface CodeGrant {
  readonly tokenId: string;
  /** When the session has to end at the latest; undefined: when any would. */
  readonly endsByMs: number | undefined;
}

export function createSignInCodes(clock: Clock) {
  /** By hash, oldest first. */
  const codes = new Map<string, CodeGrant & { readonly expiresAtMs: number }>();

  function forgetSome(tokenId: string): void {
    const nowMs = clock.nowMs();
    for (const [hash, { expiresAtMs }] of codes) if (expiresAtMs <= nowMs) codes.delete(hash);
    const own = [...codes].filter(([, code]) => code.tokenId === tokenId);
    const oldest = own.length >= MAX_OF_TOKEN ? own[0]?.[0] : codes.keys().next().value;
    if (oldest !== undefined && (own.length >= MAX_OF_TOKEN || codes.size >= MAX_CODES))
      codes.delete(oldest);
  }

  return {
    create(grant: CodeGrant): { code: string; expiresAtMs: number } {
      forgetSome(grant.tokenId);
      const code = newSecret();
      const expiresAtMs = clock.nowMs() + CODE_TTL_MS;
      codes.set(hashOf(code), { ...grant, expiresAtMs });
      return { code, expiresAtMs };
    },
    /** Undefined: it is unknown, used or too old. */
    take(code: string): CodeGrant | undefined {
      const hash = hashOf(code);
      const found = codes.get(hash);
      codes.delete(hash);
      return found !== undefined && found.expiresAtMs > clock.nowMs() ? found : undefined;
    },
  };
}

function hashOf(code: string): string {
  return hashToken(code).toString('hex');
}
