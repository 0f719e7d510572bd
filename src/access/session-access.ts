/** Signing in, and looking after sessions: what access does for browsers. */
import { type Clock, isoTime } from '../base/clock.ts';
import { serviceEventActor } from '../contracts/event-actor.ts';
import type {
  NewSession,
  OwnSession,
  SessionResource,
  SignInCodeResource,
} from '../contracts/session.ts';
import { DASHBOARD_PATH } from '../contracts/session-names.ts';
import type { Trail } from '../contracts/trail.ts';
import { type Caller, callerOf, type TokenRecord } from './caller.ts';
import { accessErrors } from './errors.ts';
import { accessEvents } from './events.ts';
import { SESSION_IDLE_MS, type SessionRecord, type Sessions } from './sessions.ts';
import { createSignInCodes } from './sign-in-codes.ts';

/** A code that held: what it was asked for with. */
export interface SignIn {
  readonly caller: Caller;
  readonly endsByMs: number | undefined;
}

export function createSessionAccess(options: {
  sessions: Sessions;
  clock: Clock;
  tokenOf: (id: string) => TokenRecord | undefined;
}) {
  const { sessions, clock, tokenOf } = options;
  const codes = createSignInCodes(clock);

  function resourceOf(record: SessionRecord, caller: Caller): SessionResource {
    const token = tokenOf(record.tokenId);
    return {
      id: record.id,
      name: token?.name ?? '',
      token: record.tokenId,
      scopes: [...(token?.scopes ?? [])],
      createdAt: isoTime(record.createdAtMs),
      lastUsedAt: isoTime(record.lastUsedAtMs),
      idleUntil: isoTime(Math.min(record.lastUsedAtMs + SESSION_IDLE_MS, record.expiresAtMs)),
      expiresAt: isoTime(record.expiresAtMs),
      client: record.client,
      address: record.address,
      current: record.id === caller.sessionId,
    };
  }

  /** Whoever may do everything sees those of others. */
  function visible(caller: Caller): SessionRecord[] {
    const all = caller.scopes.includes('admin');
    return sessions.live().filter((record) => {
      if (record.workspaceId !== caller.actor.workspaceId) return false;
      return all || tokenOf(record.tokenId)?.principalId === caller.actor.principalId;
    });
  }

  function known(caller: Caller, id: string): SessionRecord {
    const record = visible(caller).find((one) => one.id === id);
    if (record === undefined)
      throw accessErrors.session_not_found(
        `There is no session ${JSON.stringify(id.slice(0, 60))}.`,
      );
    return record;
  }

  return {
    /** For a session with what the caller may; one that a session asks for ends with it at the latest. */
    createSignInCode({ tokenId, sessionId }: Caller): SignInCodeResource {
      const asking = sessions.live().find((record) => record.id === sessionId);
      const { code, expiresAtMs } = codes.create({ tokenId, endsByMs: asking?.expiresAtMs });
      const path = `${DASHBOARD_PATH}#code=${code}`;
      return { code, path, expiresAt: isoTime(expiresAtMs) };
    },

    /** Uses the code up. @throws sign_in_code_invalid */
    takeSignInCode(code: string): SignIn {
      const grant = codes.take(code);
      const token = grant && tokenOf(grant.tokenId);
      const nowMs = clock.nowMs();
      if (token === undefined || (token.expiresAtMs !== null && token.expiresAtMs <= nowMs))
        throw accessErrors.sign_in_code_invalid('The code is unknown, used, or over a minute old.');
      return { caller: callerOf(token), endsByMs: grant?.endsByMs };
    },

    /** `cookie` is the value of SESSION_COOKIE, and shown only here. */
    async startSession(
      { caller, endsByMs }: SignIn,
      from: { client: string; address: string },
    ): Promise<{ own: NewSession; cookie: string; maxAgeSeconds: number }> {
      const made = await sessions.create({ ...from, tokenId: caller.tokenId, endsByMs });
      const { record, cookie, headerToken } = made;
      const { workspaceId } = caller.actor;
      const resource = resourceOf(record, { ...caller, sessionId: record.id });
      const maxAgeSeconds = Math.ceil((record.expiresAtMs - record.createdAtMs) / 1000);
      return { own: { ...resource, headerToken, workspace: workspaceId }, cookie, maxAgeSeconds };
    },

    /** @throws session_not_found: it came with a token */
    ownSession(caller: Caller): OwnSession {
      const { workspaceId } = caller.actor;
      return { ...resourceOf(known(caller, ownSessionId(caller)), caller), workspace: workspaceId };
    },

    /** Those of the caller, oldest first; to an admin, everybody's. */
    listSessions: (caller: Caller): SessionResource[] =>
      visible(caller).map((record) => resourceOf(record, caller)),

    /** @throws session_not_found */
    getSession: (caller: Caller, id: string): SessionResource =>
      resourceOf(known(caller, id), caller),

    /** @throws session_not_found */
    endSession: (caller: Caller, id: string): Promise<void> => sessions.end(known(caller, id)),

    /**
     * Has the log tell of sessions that ended by themselves. What is told is marked, so that it is
     * told once; in between, a crash may have it told again, and one that ended for a new one not
     * at all. One call at a time.
     * @throws audit_unavailable: the others are told the next time
     */
    async tellEndedSessions(trail: Pick<Trail, 'record'>): Promise<void> {
      for (const { record, end } of sessions.untold()) {
        const { id, tokenId, client, address, expiresAtMs } = record;
        const expiresAt = isoTime(expiresAtMs);
        const name = tokenOf(tokenId)?.name;
        const named = name === undefined ? {} : { name };
        const before = { id, ...named, token: tokenId, client, address, expiresAt };
        const { reason, atMs } = end;
        await trail.record({
          kind: accessEvents['session.expired'],
          actor: serviceEventActor('access'),
          attributes: { reason, endedAt: isoTime(atMs), before, after: null },
        });
        await sessions.told(record, end);
      }
    },

    /** While a request of a session is being answered, the session counts as used. */
    follow({ sessionId }: Pick<Caller, 'sessionId'>): () => void {
      return sessionId === undefined ? () => undefined : sessions.follow(sessionId);
    },
  };
}

/** @returns the caller's own session's id. @throws session_not_found */
export function ownSessionId({ sessionId }: Caller): string {
  if (sessionId === undefined) throw withoutSession();
  return sessionId;
}

function withoutSession(): Error {
  return accessErrors.session_not_found('The request came with a token, not with a session.');
}
