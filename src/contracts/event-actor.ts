/** Who did it, as events name them. */
import type { Actor } from './actor.ts';
import type { EventActor } from './event.ts';

/** Whoever showed a token that holds; `address` is where the request came from. */
export function callerEventActor(
  { actor, tokenId }: { readonly actor: Actor; readonly tokenId: string },
  address: string | undefined,
): EventActor {
  return {
    type: actor.kind,
    id: actor.principalId,
    name: actor.name,
    auth: 'token',
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
