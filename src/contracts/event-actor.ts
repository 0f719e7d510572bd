/** Who did it, as events name them. */
import type { Actor } from './actor.ts';
import type { EventActor } from './event.ts';

interface KnownCaller {
  readonly actor: Actor;
  /** A session's is the one that it was made with. */
  readonly tokenId: string;
  readonly sessionId?: string;
}

/** Whoever showed a token or a session that holds; `address` is where the request came from. */
export function callerEventActor(
  { actor, tokenId, sessionId }: KnownCaller,
  address: string | undefined,
): EventActor {
  return {
    type: actor.kind,
    id: actor.principalId,
    name: actor.name,
    auth: sessionId === undefined ? 'token' : 'session',
    token: tokenId,
    ...addressFact(address),
  };
}

/** Nobody showed a credential that holds. */
export function anonymousEventActor(address: string | undefined): EventActor {
  return {
    type: 'anonymous',
    id: 'anonymous',
    name: 'anonymous',
    auth: 'none',
    ...addressFact(address),
  };
}

/** Background work of ours: `service:fleet`. */
export function serviceEventActor(name: string): EventActor {
  return { type: 'service', id: `service:${name}`, name, auth: 'internal' };
}

/** A socket for both versions of IP writes version 4 as `::ffff:127.0.0.1`. */
function addressFact(address: string | undefined): { address?: string } {
  return address === undefined ? {} : { address: address.replace(/^::ffff:/, '') };
}
