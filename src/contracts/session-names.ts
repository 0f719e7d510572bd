/** What a browser and swarmd call the parts of a session: without zod, for the dashboard too. */

/** HttpOnly, SameSite=Strict, Path=/. */
export const SESSION_COOKIE = 'swarm_session';
/** The session's header token, on every request that the cookie is to count for. */
export const SESSION_HEADER = 'swarm-session';
/** WebSockets of a browser carry no headers: its subprotocols are `swarm-exec` and this with the token behind it. */
export const SESSION_SUBPROTOCOL = 'swarm-session.';
export const EXEC_SUBPROTOCOL = 'swarm-exec';
/** Where swarmd serves the dashboard. */
export const DASHBOARD_PATH = '/dashboard/';
