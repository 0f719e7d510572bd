/**
 * Who may do what: tokens, the sessions that browsers get for them, and the actors they stand for.
 * The front file of the area.
 * Tokens are few and read on every request, so all of them are held in memory; the store is
 * written first and read once, at start.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { type Clock, isoTime } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import { type Actor, DEFAULT_WORKSPACE } from '../contracts/actor.ts';
import {
  type NewTokenResource,
  type Scope,
  scope,
  type TokenResource,
} from '../contracts/requests.ts';
import type { Store, TokenRow } from '../store/store.ts';
import { type Caller, callerOf, type TokenRecord } from './caller.ts';
import { credentialOf } from './credentials.ts';
import { accessErrors } from './errors.ts';
import { createSessionAccess } from './session-access.ts';
import { openSessions } from './sessions.ts';
import { hashToken, newTokenText, parseTokenText } from './token-text.ts';

export type { Caller, TokenRecord } from './caller.ts';
export { stripCredential } from './credentials.ts';
export { accessErrors } from './errors.ts';
export { ensureRootToken } from './root-token.ts';
export { ownSessionId } from './session-access.ts';

export type Permission = Scope;

/** What a scope brings beyond itself. */
const INCLUDES: Readonly<Record<Scope, readonly Permission[]>> = {
  admin: ['admin', 'deploy', 'read', 'invoke', 'audit', 'ingest'],
  deploy: ['deploy', 'read', 'audit', 'ingest'],
  read: ['read', 'audit'],
  invoke: ['invoke'],
  audit: ['audit'],
  ingest: ['ingest'],
};

const TOUCH_EVERY_MS = 60_000;

export type Access = Awaited<ReturnType<typeof createAccess>>;

export async function createAccess(options: {
  store: Pick<Store, 'tokens' | 'principals' | 'sessions'>;
  clock: Clock;
}) {
  const { store, clock } = options;
  const tokens = new Map<string, TokenRecord>();
  const principals = await store.principals.list(DEFAULT_WORKSPACE);
  const kinds = new Map(principals.map((principal) => [principal.id, principal.kind]));
  const endedIds = new Set<string>();
  for (const row of await store.tokens.list(DEFAULT_WORKSPACE)) {
    const kind = kinds.get(row.principalId);
    if (row.revokedAtMs !== null) endedIds.add(row.id);
    else if (kind !== undefined) tokens.set(row.id, recordOf(row, kind));
  }

  const sessions = await openSessions({
    ...{ store: store.sessions, clock },
    tokenOf: (id) => tokens.get(id),
  });

  function find(text: string): TokenRecord {
    const token = parseTokenText(text);
    if (token === undefined)
      throw accessErrors.token_malformed('The token is malformed: mistyped, or not whole.');
    const record = tokens.get(token.id);
    if (record === undefined || !timingSafeEqual(record.hash, hashToken(token.text)))
      throw accessErrors.token_unknown('This swarmd knows no such token.');
    if (record.expiresAtMs !== null && record.expiresAtMs <= clock.nowMs())
      throw accessErrors.token_expired(`The token expired at ${isoTime(record.expiresAtMs)}.`);
    return record;
  }

  function noteUse(record: TokenRecord): void {
    const nowMs = clock.nowMs();
    if (record.lastUsedAtMs !== null && nowMs - record.lastUsedAtMs < TOUCH_EVERY_MS) return;
    tokens.set(record.id, { ...record, lastUsedAtMs: nowMs });
    // It only says when a token was last seen: a failure to note it must fail no call.
    store.tokens.markUsed(record.id, nowMs).catch(() => undefined);
  }

  return {
    /**
     * @throws token_missing, token_malformed, token_unknown, token_expired, session_ended,
     *   session_header_wrong, origin_not_allowed
     */
    authenticate(request: IncomingMessage): Caller {
      const shown = credentialOf(request);
      if (shown.type === 'token') {
        const record = find(shown.text);
        noteUse(record);
        return callerOf(record);
      }
      const record = sessions.verify(shown.cookies, shown.headerToken);
      const token = tokens.get(record.tokenId);
      if (token === undefined) throw accessErrors.session_ended('The session’s token is gone.');
      return { ...callerOf(token), sessionId: record.id, over: record.over.signal };
    },

    ...createSessionAccess({ sessions, clock, tokenOf: (id) => tokens.get(id) }),

    /** @throws not_permitted, naming the scope that is needed */
    authorise(caller: Caller, permission: Permission): void {
      if (caller.scopes.some((held) => INCLUDES[held].includes(permission))) return;
      throw accessErrors.not_permitted(
        `This needs the scope "${permission}"; the token "${caller.actor.name}" has ${caller.scopes.join(', ')}.`,
        { details: { needed: permission, scopes: caller.scopes } },
      );
    },

    /** Stores a token whose text was made elsewhere: the root token. */
    adopt: insert,

    async create(request: {
      actor: Actor;
      name: string;
      scopes: readonly Scope[];
      expiresAt?: string;
    }): Promise<NewTokenResource> {
      const nowMs = clock.nowMs();
      const expiresAtMs = request.expiresAt === undefined ? null : Date.parse(request.expiresAt);
      if (expiresAtMs !== null && expiresAtMs <= nowMs)
        throw accessErrors.token_expiry_invalid(`expiresAt ${request.expiresAt} has passed.`);
      const { id, text } = newTokenText(newId('tok', nowMs));
      const row: TokenRow = {
        id,
        workspaceId: request.actor.workspaceId,
        principalId: newId('prn', nowMs),
        name: request.name,
        secretSha256: hashToken(text).toString('hex'),
        scopes: [...new Set(request.scopes)],
        createdAtMs: nowMs,
        expiresAtMs,
        revokedAtMs: null,
        lastUsedAtMs: null,
      };
      const record = await insert(row, 'service');
      return { ...resourceOf(record), value: text };
    },

    list(actor: Actor): TokenResource[] {
      return [...tokens.values()]
        .filter((record) => record.workspaceId === actor.workspaceId)
        .sort((a, b) => a.createdAtMs - b.createdAtMs)
        .map(resourceOf);
    },

    get(actor: Actor, id: string): TokenResource {
      return resourceOf(known(actor, id));
    },

    /** @throws token_not_found */
    async delete(actor: Actor, id: string): Promise<void> {
      await revoke(known(actor, id));
    },

    records: (): readonly TokenRecord[] => [...tokens.values()],
    /** Whether there was such a token, and somebody ended it. */
    hasEnded: (id: string): boolean => endedIds.has(id),
    /** Ends a token without asking whose it is: for the root token's replacement. */
    revoke,
  };

  async function insert(row: TokenRow, kind: Actor['kind']): Promise<TokenRecord> {
    await store.principals.ensure({
      id: row.principalId,
      workspaceId: row.workspaceId,
      kind,
      name: row.name,
      createdAtMs: row.createdAtMs,
    });
    await store.tokens.insert(row);
    const record = recordOf(row, kind);
    tokens.set(row.id, record);
    return record;
  }

  async function revoke(record: TokenRecord): Promise<void> {
    tokens.delete(record.id);
    endedIds.add(record.id);
    const { id, workspaceId } = record;
    await store.tokens.revoke({ id, workspaceId, nowMs: clock.nowMs() });
    sessions.endWithToken(id);
  }

  function known(actor: Actor, id: string): TokenRecord {
    const record = tokens.get(id);
    if (record === undefined || record.workspaceId !== actor.workspaceId)
      throw accessErrors.token_not_found(`There is no token ${JSON.stringify(id.slice(0, 60))}.`);
    return record;
  }
}

function recordOf(row: TokenRow, principalKind: Actor['kind']): TokenRecord {
  const hash = Buffer.from(row.secretSha256, 'hex');
  return { ...row, principalKind, hash, scopes: z.array(scope).parse(row.scopes) };
}

function resourceOf(record: TokenRecord): TokenResource {
  return {
    id: record.id,
    name: record.name,
    scopes: [...record.scopes],
    createdAt: isoTime(record.createdAtMs),
    expiresAt: record.expiresAtMs === null ? null : isoTime(record.expiresAtMs),
    lastUsedAt: record.lastUsedAtMs === null ? null : isoTime(record.lastUsedAtMs),
  };
}
