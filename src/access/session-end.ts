/** How a session ends that nobody ends. */
import { isoTime } from '../base/clock.ts';
import type { SessionRow } from '../store/store.ts';

export const SESSION_IDLE_MS = 12 * 3_600_000;

export interface OwnEnd {
  /** token_ended: somebody ended the token that it was made with. */
  readonly reason: 'idle' | 'too_old' | 'token_expired' | 'token_ended';
  readonly atMs: number;
}

export interface SessionEnd extends Pick<OwnEnd, 'atMs'> {
  /** too_many: of its token's sessions it was the one not used for longest when another began. */
  readonly reason: OwnEnd['reason'] | 'too_many';
}

/** The first that comes, unless it is used before, or ended. */
export function ownEnd(
  session: Pick<SessionRow, 'lastUsedAtMs' | 'expiresAtMs'>,
  token: { readonly expiresAtMs: number | null },
): OwnEnd {
  const { lastUsedAtMs, expiresAtMs } = session;
  const ends: readonly OwnEnd[] = [
    { reason: 'too_old', atMs: expiresAtMs },
    { reason: 'idle', atMs: lastUsedAtMs + SESSION_IDLE_MS },
  ];
  const first: OwnEnd = { reason: 'token_expired', atMs: token.expiresAtMs ?? Infinity };
  return ends.reduce((soonest, end) => (end.atMs < soonest.atMs ? end : soonest), first);
}

/** As in "The session …". */
export function endText({ reason, atMs }: OwnEnd): string {
  if (reason === 'token_ended') return 'ended with the token that it was made with';
  const at = isoTime(atMs);
  if (reason === 'token_expired')
    return `ended at ${at}, when the token expired that it was made with`;
  return reason === 'idle' ? `ended at ${at}: nobody used it for 12 hours` : `expired at ${at}`;
}
