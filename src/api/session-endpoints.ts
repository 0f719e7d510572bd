/** Signing in to the dashboard with a one-time code, and the sessions that come of it. */
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { ownSessionId } from '../access/access.ts';
import { callerEventActor } from '../contracts/event-actor.ts';
import {
  newSession,
  ownSession,
  SESSION_COOKIE,
  type SessionResource,
  sessionList,
  signInBody,
  signInCodeResource,
} from '../contracts/session.ts';
import { addressOf } from './attempt.ts';
import { endpoint } from './endpoint.ts';
import { apiEvents } from './events.ts';

const MAX_SIGN_IN_BYTES = 4_096;
const CURRENT = '/v1/sessions/current';
const params = z.strictObject({ id: z.string().min(1).max(100) });

function summaryOf({ id, name, token, client, address, expiresAt }: SessionResource) {
  return { id, name, token, client, address, expiresAt };
}

const createCode = endpoint({
  method: 'POST',
  path: '/v1/sign-in-codes',
  permission: 'read',
  audit: { kind: apiEvents['sign_in_code.create'], record: 'action' },
  summary: 'A code that a browser can sign in with as whoever asks: good once, for a minute.',
  responses: { 201: { description: 'Made; shown this once.', schema: signInCodeResource } },
  errors: [],
  handle: async ({ caller }, { access }) => ({
    status: 201,
    body: access.createSignInCode(caller),
  }),
});

const signIn = endpoint({
  method: 'POST',
  path: '/v1/sessions',
  // The code is the credential: it is asked for with one.
  permission: 'none',
  audit: { kind: apiEvents['sign_in.refused'], record: 'refusals' },
  summary:
    'Begins a session with a one-time code: sets the cookie, and gives the header token that belongs to it.',
  body: signInBody,
  // Whoever reaches the port can send one.
  maxBodyBytes: MAX_SIGN_IN_BYTES,
  responses: { 201: { description: 'Signed in.', schema: newSession } },
  errors: ['sign_in_code_invalid', 'audit_unavailable'],
  handle: async ({ body, request, requestId }, { access, audit }) => {
    const granted = access.takeSignInCode(body.code);
    const { caller } = granted;
    const address = addressOf(request);
    const client = request.headers['user-agent'] ?? '';
    const begun = await audit.trail(caller.actor.workspaceId).begin({
      kind: apiEvents['session.started'],
      actor: callerEventActor(caller, address),
      request: requestId,
    });
    try {
      const { own, cookie, maxAgeSeconds } = await access.startSession(granted, {
        ...{ client, address: address ?? '' },
      });
      await begun.complete({ status: 'ok', attributes: { after: summaryOf(own) } });
      return { status: 201, body: own, headers: setCookie(request, { cookie, maxAgeSeconds }) };
    } catch (error) {
      await begun.complete({ status: 'error' });
      throw error;
    }
  },
});

const showOwn = endpoint({
  method: 'GET',
  path: CURRENT,
  permission: 'read',
  summary: 'The session that asks.',
  responses: { 200: { description: 'As it stands.', schema: ownSession } },
  errors: ['session_not_found'],
  handle: async ({ caller }, { access }) => ({ status: 200, body: access.ownSession(caller) }),
});

const signOut = endpoint({
  method: 'DELETE',
  path: CURRENT,
  permission: 'read',
  audit: { kind: apiEvents['session.ended'], record: 'action' },
  summary: 'Ends the session that asks, and takes its cookie back.',
  responses: { 204: { description: 'Signed out.' } },
  errors: ['session_not_found'],
  handle: async ({ request, caller, audit }, { access }) => {
    const id = ownSessionId(caller);
    audit({ before: summaryOf(access.getSession(caller, id)), after: null });
    await access.endSession(caller, id);
    return { status: 204, headers: setCookie(request, { cookie: '', maxAgeSeconds: 0 }) };
  },
});

const list = endpoint({
  method: 'GET',
  path: '/v1/sessions',
  permission: 'read',
  summary: 'Sessions that hold, oldest first: one’s own, and with the scope admin everybody’s.',
  responses: { 200: { description: 'All of them.', schema: sessionList } },
  errors: [],
  handle: async ({ caller }, { access }) => ({
    status: 200,
    body: { items: access.listSessions(caller) },
  }),
});

const remove = endpoint({
  method: 'DELETE',
  path: '/v1/sessions/{id}',
  permission: 'read',
  audit: {
    kind: apiEvents['session.ended'],
    record: 'action',
    facts: ({ params: { id } }) => ({ attributes: { session: id } }),
  },
  summary: 'Ends a session at once: one’s own, or with the scope admin anybody’s.',
  params,
  responses: { 204: { description: 'It is refused from now on, and its streams end.' } },
  errors: ['session_not_found'],
  handle: async ({ caller, params: { id }, audit }, { access }) => {
    audit({ before: summaryOf(access.getSession(caller, id)), after: null });
    await access.endSession(caller, id);
    return { status: 204 };
  },
});

function setCookie(
  request: IncomingMessage,
  { cookie, maxAgeSeconds }: { cookie: string; maxAgeSeconds: number },
): Readonly<Record<string, string>> {
  const parts = [`${SESSION_COOKIE}=${cookie}`, 'HttpOnly', 'SameSite=Strict', 'Path=/'];
  parts.push(`Max-Age=${maxAgeSeconds}`);
  if (cameByTls(request)) parts.push('Secure');
  return { 'set-cookie': parts.join('; ') };
}

/** Swarm itself has no TLS: what stands before it says so. */
function cameByTls({ headers }: IncomingMessage): boolean {
  const first = String(headers['x-forwarded-proto'] ?? '').split(',')[0];
  return first?.trim().toLowerCase() === 'https';
}

export const sessionEndpoints = [createCode, signIn, list, showOwn, signOut, remove];
