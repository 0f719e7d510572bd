import type { Scope } from '../../../contracts/requests.ts';

/** What a token may do, as the API says it. */
export const SCOPES: readonly { readonly scope: Scope; readonly text: string }[] = [
  { scope: 'admin', text: 'everything' },
  { scope: 'deploy', text: 'change agents and secrets, read, send events' },
  { scope: 'read', text: 'look at everything, the audit log too' },
  { scope: 'invoke', text: 'call agents' },
  { scope: 'audit', text: 'read events, exports and proofs, and nothing else' },
  { scope: 'ingest', text: 'send events and spans' },
];

const DAY_MS = 86_400_000;
/** Days; `never` and `at` are for the one who chooses. */
export const EXPIRIES = ['1', '7', '30', '90', '365', 'never', 'at'] as const;
export type Expiry = (typeof EXPIRIES)[number];

export function expiryText(expiry: Expiry): string {
  if (expiry === 'never') return 'never: until it is revoked';
  if (expiry === 'at') return 'at a time…';
  return expiry === '1' ? 'in a day' : `in ${expiry} days`;
}

/**
 * @param at as a field of the browser has it, in the viewer’s zone
 * @returns RFC 3339; undefined: never; null: it cannot be one
 */
export function expiresAt(
  expiry: Expiry,
  { at, nowMs }: { readonly at: string; readonly nowMs: number },
): string | undefined | null {
  if (expiry === 'never') return undefined;
  const ms = expiry === 'at' ? new Date(at).getTime() : nowMs + Number(expiry) * DAY_MS;
  return Number.isNaN(ms) || ms <= nowMs ? null : new Date(ms).toISOString();
}

export type Validity = 'valid' | 'soon' | 'expired';
/** soon: within a week. */
export function validity(expires: string | null, nowMs: number): Validity {
  if (expires === null) return 'valid';
  const left = Date.parse(expires) - nowMs;
  if (left <= 0) return 'expired';
  return left < 7 * DAY_MS ? 'soon' : 'valid';
}
