/** The part of the typed client that is about the dashboard's sessions: see client.ts. */
import type { Connection } from './connection.ts';
import { readJson, send } from './http-call.ts';
import type { SessionResource, SignInCodeResource } from './session.ts';

interface Calls {
  get<T>(path: string): Promise<T>;
  segment(text: string): string;
}

/** No Idempotency-Key goes with a code: its answer may be kept nowhere. */
export function sessionClient(connection: Connection, { get, segment }: Calls) {
  const call = async (method: string, path: string): Promise<unknown> =>
    readJson(await send(connection, { method, path }));
  return {
    createSignInCode: () => call('POST', '/v1/sign-in-codes') as Promise<SignInCodeResource>,
    /** Oldest first. */
    sessions: () => get<{ items: readonly SessionResource[] }>('/v1/sessions'),
    endSession: async (id: string) => {
      await call('DELETE', `/v1/sessions/${segment(id)}`);
    },
  };
}
