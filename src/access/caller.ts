import type { Actor } from '../contracts/actor.ts';
import type { Scope } from '../contracts/requests.ts';
import type { TokenRow } from '../store/store.ts';

/** What access keeps of a token in memory. */
export interface TokenRecord extends TokenRow {
  readonly principalKind: Actor['kind'];
  readonly hash: Buffer;
  readonly scopes: readonly Scope[];
}

/** Who asks, and what for at most. */
export interface Caller {
  readonly actor: Actor;
  readonly tokenId: string;
  readonly scopes: readonly Scope[];
  /** Absent: the token itself was shown. */
  readonly sessionId?: string;
  /** Of a session: fires when it ends. */
  readonly over?: AbortSignal;
}

export function callerOf(record: TokenRecord): Caller {
  return {
    actor: {
      workspaceId: record.workspaceId,
      principalId: record.principalId,
      kind: record.principalKind,
      name: record.name,
    },
    tokenId: record.id,
    scopes: record.scopes,
  };
}
