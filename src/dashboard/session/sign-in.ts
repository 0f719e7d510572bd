import type { NewSession, OwnSession } from '../../contracts/session.ts';
import { SESSION_HEADER } from '../../contracts/session-names.ts';
import { ApiError, request } from '../api/request.ts';
import { setSession } from './session.ts';

/** Where the header token lies in the origin’s storage. */
const KEPT = 'swarm.session';

/** Takes the code out of the address, so that it stays in no history. */
export function takeCode(): string | undefined {
  const code = /^#code=([\w.-]{1,200})$/.exec(location.hash)?.[1];
  if (code !== undefined) history.replaceState(null, '', location.pathname + location.search);
  return code;
}

/** @throws ApiError when the code is not good (any more) */
export async function signIn(code: string): Promise<void> {
  const { headerToken, ...session } = await request<NewSession>('/v1/sessions', {
    method: 'POST',
    json: { code },
  });
  localStorage.setItem(KEPT, headerToken);
  setSession({ state: 'signed_in', session, headerToken });
}

/**
 * Takes up the session that was there when the page was left, if it still holds.
 * @throws ApiError when swarmd does not answer
 */
export async function resume(): Promise<void> {
  const headerToken = localStorage.getItem(KEPT);
  if (headerToken === null) {
    setSession({ state: 'signed_out' });
    return;
  }
  try {
    const headers = { [SESSION_HEADER]: headerToken };
    const session = await request<OwnSession>('/v1/sessions/current', { headers });
    setSession({ state: 'signed_in', session, headerToken });
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.status !== 401) throw error;
    setSession({ state: 'signed_out', why: error.problem.detail });
  }
}

export async function signOut(): Promise<void> {
  await request('/v1/sessions/current', { method: 'DELETE' });
  localStorage.removeItem(KEPT);
  setSession({ state: 'signed_out' });
}

/** Who signs in or out in one tab does so in all: they share the cookie. */
export function followOtherTabs(): void {
  addEventListener('storage', (event) => {
    if (event.key === KEPT) void resume().catch(() => undefined);
  });
}
