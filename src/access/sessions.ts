/**
 * Sessions of browsers. A session can do what its token can, and ends with it. All are held in
 * memory; the store is written first and read once, at start.
 */
import { type Clock, isoTime } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import { DEFAULT_WORKSPACE } from '../contracts/actor.ts';
import type { SessionRow, Store } from '../store/store.ts';
import { accessErrors } from './errors.ts';
import { endText, type OwnEnd, ownEnd, type SessionEnd } from './session-end.ts';
import { cookieText, isSameText, newSecret, parseCookieText } from './session-text.ts';
import { hashToken } from './token-text.ts';

export { SESSION_IDLE_MS } from './session-end.ts';

export const SESSION_LONGEST_MS = 7 * 24 * 3_600_000;
/** The one that was used the longest ago ends for a new one. */
const MAX_OF_TOKEN = 100;
const TOUCH_EVERY_MS = 60_000;
const MAX_CLIENT = 200;

export interface SessionRecord extends SessionRow {
  /** Fires when somebody ends it, and soon after it ends by itself: streams end then. */
  readonly over: AbortController;
}

/** What sessions need to know of tokens. */
interface TokenState {
  readonly expiresAtMs: number | null;
}

export interface NewSession {
  readonly tokenId: string;
  readonly endsByMs: number | undefined;
  readonly client: string;
  readonly address: string;
}

export type Sessions = Awaited<ReturnType<typeof openSessions>>;

export async function openSessions(options: {
  store: Store['sessions'];
  clock: Clock;
  tokenOf: (id: string) => TokenState | undefined;
}) {
  const { store, clock, tokenOf } = options;
  const sessions = new Map<string, SessionRecord>();
  /** How many requests of a session are being answered. */
  const followed = new Map<string, number>();
  /** By id: those that ended for a new one, until they are told. */
  const pushedOut = new Map<string, SessionEnd>();
  let looking: NodeJS.Timeout | undefined;
  await store.removeEnded(clock.nowMs());
  for (const row of await store.list(DEFAULT_WORKSPACE))
    sessions.set(row.id, { ...row, over: new AbortController() });

  function noteUse(record: SessionRecord): void {
    const nowMs = clock.nowMs();
    if (nowMs - record.lastUsedAtMs < TOUCH_EVERY_MS) return;
    sessions.set(record.id, { ...record, lastUsedAtMs: nowMs });
    // It only says when a session was last seen: a failure to note it must fail no call.
    store.markUsed(record.id, nowMs).catch(() => undefined);
  }

  function ownEndOf(record: SessionRecord): OwnEnd {
    const token = tokenOf(record.tokenId);
    if (token === undefined) return { reason: 'token_ended', atMs: clock.nowMs() };
    return ownEnd(record, token);
  }

  /** Why it holds no more, or undefined. */
  function endOf(record: SessionRecord): string | undefined {
    const { endedAtMs } = record;
    const own = ownEndOf(record);
    if (own.reason !== 'token_ended' && endedAtMs !== null && endedAtMs < own.atMs)
      return `was ended at ${isoTime(endedAtMs)}`;
    return own.atMs <= clock.nowMs() || endedAtMs !== null ? endText(own) : undefined;
  }

  function find(cookie: string): SessionRecord {
    const given = parseCookieText(cookie);
    const record = given && sessions.get(given.id);
    const holds =
      record !== undefined && isSameText(record.secretSha256, hashOf(given?.secret ?? ''));
    if (given === undefined || record === undefined || !holds)
      throw accessErrors.session_ended('This swarmd knows no such session.');
    const ended = endOf(record);
    if (ended !== undefined) throw accessErrors.session_ended(`The session ${ended}.`);
    return record;
  }

  /** While requests of a session are being answered, streams above all, it counts as used. */
  function lookAfter(): void {
    for (const id of followed.keys()) {
      const record = sessions.get(id);
      if (record === undefined) continue;
      if (endOf(record) === undefined) noteUse(record);
      else record.over.abort();
    }
  }

  async function end(record: SessionRecord, nowMs = clock.nowMs()): Promise<void> {
    sessions.set(record.id, { ...record, endedAtMs: record.endedAtMs ?? nowMs });
    record.over.abort();
    await store.end({ id: record.id, nowMs });
  }

  const live = (): SessionRecord[] =>
    [...sessions.values()].filter((record) => endOf(record) === undefined);

  /** Forgets those that ended and are old, and keeps a token's to a number. */
  async function makeRoom(tokenId: string): Promise<void> {
    const nowMs = clock.nowMs();
    for (const record of sessions.values())
      if (record.endedAtMs !== null && record.expiresAtMs <= nowMs) sessions.delete(record.id);
    await store.removeEnded(nowMs);
    const own = live()
      .filter((record) => record.tokenId === tokenId)
      .sort((a, b) => b.lastUsedAtMs - a.lastUsedAtMs);
    for (const record of own.slice(MAX_OF_TOKEN - 1)) {
      pushedOut.set(record.id, { reason: 'too_many', atMs: nowMs });
      await end(record, nowMs);
    }
  }

  return {
    /**
     * The session of a cookie and its header token.
     * @throws session_ended, session_header_wrong: for several cookies, what the first is refused for
     */
    verify(cookies: readonly string[], headerToken: string): SessionRecord {
      let refusal: unknown;
      for (const cookie of cookies) {
        try {
          const record = find(cookie);
          if (!isSameText(record.headerSha256, hashOf(headerToken)))
            throw accessErrors.session_header_wrong(
              'The header token is that of another session than the cookie.',
            );
          noteUse(record);
          return sessions.get(record.id) ?? record;
        } catch (error) {
          refusal ??= error;
        }
      }
      throw refusal ?? accessErrors.session_ended('The request carries no session.');
    },

    async create({ tokenId, endsByMs = Infinity, client, address }: NewSession) {
      await makeRoom(tokenId);
      const nowMs = clock.nowMs();
      const secret = newSecret();
      const headerToken = newSecret();
      const row: SessionRow = {
        id: newId('ses', nowMs),
        workspaceId: DEFAULT_WORKSPACE,
        tokenId,
        secretSha256: hashOf(secret),
        headerSha256: hashOf(headerToken),
        client: client.slice(0, MAX_CLIENT),
        address,
        ...{ createdAtMs: nowMs, lastUsedAtMs: nowMs, endedAtMs: null },
        expiresAtMs: Math.min(nowMs + SESSION_LONGEST_MS, endsByMs),
      };
      await store.insert(row);
      const record = { ...row, over: new AbortController() };
      sessions.set(row.id, record);
      return { record, cookie: cookieText({ id: row.id, secret }), headerToken };
    },

    /** Those that hold, oldest first. */
    live,
    end,
    /** Their token is gone already: streams end. That they ended is told like other ends. */
    endWithToken(tokenId: string): void {
      for (const record of sessions.values()) if (record.tokenId === tokenId) record.over.abort();
    },

    /** Those that nobody ended, and that were not told yet. */
    untold: (): readonly { record: SessionRecord; end: SessionEnd }[] =>
      [...sessions.values()]
        .filter(({ id, endedAtMs }) => endedAtMs === null || pushedOut.has(id))
        .filter((record) => endOf(record) !== undefined)
        .map((record) => ({ record, end: pushedOut.get(record.id) ?? ownEndOf(record) })),

    /** Marks it, so that it is not told again. */
    async told(record: SessionRecord, { atMs }: SessionEnd): Promise<void> {
      pushedOut.delete(record.id);
      await end(record, atMs);
    },

    /** A request of the session is being answered, until the returned function is called. */
    follow(id: string): () => void {
      followed.set(id, (followed.get(id) ?? 0) + 1);
      looking ??= setInterval(lookAfter, TOUCH_EVERY_MS / 2).unref();
      return () => {
        const left = (followed.get(id) ?? 1) - 1;
        if (left > 0) followed.set(id, left);
        else followed.delete(id);
        if (followed.size > 0) return;
        clearInterval(looking);
        looking = undefined;
      };
    },
  };
}

function hashOf(text: string): string {
  return hashToken(text).toString('hex');
}
