import type { SessionResource } from '../../../contracts/session.ts';

/**
 * Those that the same token was used for, but for the one that asks: with the scope admin the list
 * has other people’s as well.
 */
export function othersOf<S extends Pick<SessionResource, 'token' | 'current'>>(
  sessions: readonly S[],
): S[] {
  const own = sessions.find(({ current }) => current)?.token;
  return sessions.filter(({ current, token }) => !current && token === own);
}
