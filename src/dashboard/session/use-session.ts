import { useSyncExternalStore } from 'react';
import type { OwnSession } from '../../contracts/session.ts';
import { onSession, type SessionState, sessionState } from './session.ts';

export function useSessionState(): SessionState {
  return useSyncExternalStore(onSession, sessionState);
}

/** Within the shell, which is drawn for those who are signed in only. */
export function useSession(): OwnSession {
  const state = useSessionState();
  if (state.state !== 'signed_in') throw new Error('used outside of a session');
  return state.session;
}

const DEPLOY = ['admin', 'deploy'];
/** May this session change agents; may it administer? The server decides; this only dims buttons. */
export function useMay(): {
  readonly deploy: boolean;
  readonly admin: boolean;
  readonly invoke: boolean;
} {
  const { scopes } = useSession();
  return {
    deploy: scopes.some((scope) => DEPLOY.includes(scope)),
    admin: scopes.includes('admin'),
    invoke: scopes.includes('admin') || scopes.includes('invoke'),
  };
}
