/**
 * An endpoint is declared once, as data: who may call it, what it takes and gives, and what it
 * does. Routing, authorisation, validation and the OpenAPI document are all made from it.
 */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { Caller, Permission } from '../access/access.ts';
import type { Logger } from '../base/logger.ts';
import type { Actor } from '../contracts/actor.ts';
import type { EventFacts } from '../contracts/event.ts';
import type { EventKind } from '../contracts/event-kinds.ts';
import type { CapturedPayload } from '../contracts/trail.ts';
import type { ApiParts } from './api-parts.ts';

export type Method = 'GET' | 'POST' | 'DELETE';

/** One answer of a stream of server-sent events; `json`: text that many streams share. */
export type StreamItem = { readonly id?: string } & (
  | { readonly data: unknown }
  | { readonly json: string }
);

export type Reply =
  | {
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly events: AsyncIterable<StreamItem> }
  /** NDJSON, or server-sent events when the caller accepts those only. */
  | { readonly lines: AsyncIterable<unknown> }
  | { readonly text: string }
  | ContentReply;

/** An answer that is not JSON: whole, or as a stream of bytes. */
export interface ContentReply {
  readonly content: Uint8Array | AsyncIterable<Uint8Array>;
  readonly mediaType: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the audit log is told of a request besides who, when and how it ended. Never a secret. */
export interface Told
  extends Pick<
    EventFacts,
    'agent' | 'revision' | 'replica' | 'machine' | 'run' | 'attributes' | 'bytes'
  > {
  /** Small summaries of what was changed. */
  readonly before?: Readonly<Record<string, unknown>> | null;
  readonly after?: Readonly<Record<string, unknown>> | null;
  readonly captured?: CapturedPayload;
}

/** What was asked for; `query` and `body` are there once they have been read. */
export interface Asked<Params, Query, Body> {
  readonly params: Params;
  readonly query?: Query;
  readonly body?: Body;
}

export interface EndpointAudit<Params, Query, Body> {
  readonly kind: EventKind;
  /**
   * action: its intent is durable before anything is done. read: one event, written soon after,
   * also while changes are refused. refusals: what it takes says by itself who sent it. itself:
   * whoever handles it records it, once it is handled at all.
   */
  readonly record: 'action' | 'read' | 'refusals' | 'itself';
  /** What is known before it is done. */
  readonly facts?: (asked: Asked<Params, Query, Body>) => Told;
}

export interface Call<Params, Query, Body> {
  readonly actor: Actor;
  readonly caller: Caller;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly request: IncomingMessage;
  /** Fires when the caller has gone, or swarmd stops. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly requestId: string;
  /** Adds to the event of this request: the last word on each fact counts. */
  readonly audit: (told: Told) => void;
}

type Schema = z.ZodType;
type Output<S> = S extends Schema ? z.output<S> : undefined;

export interface ResponseDeclaration {
  readonly description: string;
  readonly schema?: Schema;
  /** `application/json` when absent. */
  readonly mediaType?: string;
}

export interface Endpoint {
  readonly method: Method;
  /** Required for whatever changes something: every method but GET. */
  readonly audit?: EndpointAudit<never, never, never>;
  /** With `{name}` for parameters. */
  readonly path: string;
  /** Its last parameter is the rest of the path, slashes and all. */
  readonly restOfPath?: true;
  /** `none`: needs no token. The list of those may only shrink; a test holds it. */
  readonly permission: Permission | 'none';
  readonly summary: string;
  readonly params?: Schema;
  readonly query?: Schema;
  /** `stream`: the handler reads the request itself. */
  readonly body?: Schema | 'stream';
  /** Of a JSON body, where it is less than elsewhere. */
  readonly maxBodyBytes?: number;
  /** Media types of a stream, for the document. */
  readonly bodyTypes?: readonly string[];
  /** Headers it reads, for the document. */
  readonly headers?: Schema;
  readonly responses: Readonly<Record<number, ResponseDeclaration>>;
  /** Codes beyond those that any endpoint may answer with. */
  readonly errors: readonly string[];
  /** Does a repeat with the same Idempotency-Key give the first answer? */
  readonly idempotency?: 'replay' | 'refuse-repeat';
  /** It is a WebSocket: served by `upgrade`, not by `handle`. */
  readonly webSocket?: true;
  readonly handle: (call: Call<never, never, never>, parts: ApiParts) => Promise<Reply>;
}

type Audited<A> =
  | { readonly method: 'GET'; readonly audit?: A }
  | { readonly method: Exclude<Method, 'GET'>; readonly audit: A };

type Typed<P, Q, B> = Omit<Endpoint, 'params' | 'query' | 'body' | 'handle' | 'method' | 'audit'> &
  Audited<EndpointAudit<Output<P>, Output<Q>, Output<B>>> & {
    readonly params?: P;
    readonly query?: Q;
    readonly body?: B;
    readonly handle: (
      call: Call<Output<P>, Output<Q>, Output<B>>,
      parts: ApiParts,
    ) => Promise<Reply>;
  };

/** Declares an endpoint with the types of its schemas. */
export function endpoint<
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | 'stream' | undefined = undefined,
>(declaration: Typed<P, Q, B>): Endpoint {
  return declaration as unknown as Endpoint;
}

export type { Caller };
