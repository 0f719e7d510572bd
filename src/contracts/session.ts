/**
 * Signing in to the dashboard: a one-time code that a token's holder asks for, and the session that
 * a browser gets for it. The cookie alone opens nothing: every request carries the header as well,
 * which no other origin and no document that an agent serves can send.
 */
import { z } from 'zod';
import { scope } from './requests.ts';

export {
  DASHBOARD_PATH,
  EXEC_SUBPROTOCOL,
  SESSION_COOKIE,
  SESSION_HEADER,
  SESSION_SUBPROTOCOL,
} from './session-names.ts';

const time = z.iso.datetime();

export const signInCodeResource = z.object({
  /** Good once, for a minute. */
  code: z.string(),
  /** Path of the dashboard with the code in its fragment, which no server and no log sees. */
  path: z.string(),
  expiresAt: time,
});
export type SignInCodeResource = z.infer<typeof signInCodeResource>;

export const signInBody = z.strictObject({ code: z.string().min(1).max(200) });

export const sessionResource = z.object({
  /** `ses_…` */
  id: z.string(),
  /** Of the token that it was made with: it can do no more, and ends with it. */
  name: z.string(),
  token: z.string(),
  scopes: z.array(scope),
  createdAt: time,
  lastUsedAt: time,
  /** It ends then, unless it is used before. */
  idleUntil: time,
  /** It ends then in any case. */
  expiresAt: time,
  /** As the browser calls itself, cut to 200 characters; empty when it does not. */
  client: z.string(),
  address: z.string(),
  /** It is the one that asks. */
  current: z.boolean(),
});
export type SessionResource = z.infer<typeof sessionResource>;
export const sessionList = z.object({ items: z.array(sessionResource) });

/** The session of whoever asks. */
export const ownSession = sessionResource.extend({ workspace: z.string() });
export type OwnSession = z.infer<typeof ownSession>;

/** Answer to a sign-in. */
export const newSession = ownSession.extend({
  /** For SESSION_HEADER; shown this once. A page keeps it where only its own origin can read. */
  headerToken: z.string(),
});
export type NewSession = z.infer<typeof newSession>;
