import type { OwnSession } from '../../contracts/session.ts';
import { DASHBOARD_HEADER } from '../../contracts/session-names.ts';
import { ApiError, request } from '../api/request.ts';
import { setSession } from './session.ts';

/** Takes the code out of the address, so that it stays in no history. */
export function takeCode(): string | undefined {
  const code = /^#code=([\w.-]{1,200})$/.exec(location.hash)?.[1];
  if (code !== undefined) history.replaceState(null, '', location.pathname + location.search);
  return code;
}

/** @throws ApiError when the code is not good (any more) */
export async function signIn(code: string): Promise<void> {
  const session = await request<OwnSession>('/v1/sessions', { method: 'POST', json: { code } });
  setSession({ state: 'signed_in', session });
}

/** Takes up the session of the cookie, if there is one. @throws ApiError when swarmd does not answer */
export async function resume(): Promise<void> {
  try {
    const headers = { [DASHBOARD_HEADER]: '1' };
    const session = await request<OwnSession>('/v1/sessions/current', { headers });
    setSession({ state: 'signed_in', session });
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.status !== 401) throw error;
    const never = error.problem.code === 'token_missing';
    setSession({ state: 'signed_out', ...(!never && { why: error.problem.detail }) });
  }
}

export async function signOut(): Promise<void> {
  await request('/v1/sessions/current', { method: 'DELETE' });
  setSession({ state: 'signed_out' });
}
