import type { OwnSession } from '../../contracts/session.ts';

/**
 * The page’s session. Its cookie is the browser’s and cannot be read here; its header token lies in
 * this origin’s storage, which no other port of the host and no answer of an agent can read.
 */
export type SessionState =
  | { readonly state: 'unknown' }
  | {
      readonly state: 'signed_in';
      readonly session: OwnSession;
      readonly headerToken: string;
    }
  /** `why`: when it was over, rather than never begun. */
  | { readonly state: 'signed_out'; readonly why?: string };

let current: SessionState = { state: 'unknown' };
const listeners = new Set<() => void>();

export function sessionState(): SessionState {
  return current;
}
export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
export function setSession(next: SessionState): void {
  current = next;
  for (const listener of listeners) listener();
}
export function headerToken(): string | undefined {
  return current.state === 'signed_in' ? current.headerToken : undefined;
}
/** The server knows the session no more. */
export function endSession(why: string): void {
  if (current.state === 'signed_in') setSession({ state: 'signed_out', why });
}
