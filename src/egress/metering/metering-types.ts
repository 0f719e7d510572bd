/** What the proxy and metering say to each other. Nothing here throws, whatever the bytes are. */
import type { IncomingHttpHeaders } from 'node:http';
import type { MeteredRequest, MeteredUsage } from '../../contracts/egress.ts';

/** Longest request body that the proxy keeps for metering; a longer one goes through without `body`. */
export const MAX_METERED_BODY_BYTES = 32 * 1024 * 1024;

/** A call as its head tells it. */
export interface CallHead {
  /** Lower case, without port. */
  readonly host: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Names in lower case, as node:http gives them. */
  readonly headers: IncomingHttpHeaders;
}

export interface MeterableCall extends CallHead {
  /** Whole, as it came over the wire. Absent: there is none, nobody asked for it, or it is too long. */
  readonly body?: Buffer;
}

/** One `tools/call` of the Model Context Protocol. */
export interface ToolCall {
  /** Of the JSON-RPC request. */
  readonly id?: string | number;
  /** Absent where only its result was seen: on a stream that carries the results of other calls. */
  readonly tool?: string;
  /** The result said `isError`, or it was a JSON-RPC error. Absent: no result was seen. */
  readonly failed?: boolean;
}

/** What a call over the Model Context Protocol is about, for the event's attributes. */
export interface McpCall {
  /** `tools/call`, `tools/list`, …; several in a batch; none where the guest only answers or listens. */
  readonly methods: readonly string[];
  readonly requestIds: readonly (string | number)[];
  readonly sessionId?: string;
  /** Names of the called tools in their order; the first is MeteredRequest.tool. */
  readonly tools: readonly string[];
}

export interface TapEnd {
  /** What was held back and the caller still has to see. */
  readonly rest?: Buffer;
  /**
   * Absent: the protocol has none (MCP). Without `missing`, `tokens` is all that the provider counts:
   * zeros for an answer that is an error. With `missing` and `tokens`, the answer was cut off and
   * they are what was told until then.
   */
  readonly usage?: MeteredUsage;
  readonly toolCalls?: readonly ToolCall[];
}

/** Sees one answer pass by. To be called in this order: head once, chunk for each, end once. */
export interface ResponseTap {
  /**
   * Headers as they describe the bytes given to `chunk`: without content-encoding where the proxy
   * has decoded them.
   */
  head(status: number, headers: IncomingHttpHeaders): void;
  /** @returns what the caller may see now: mostly the same bytes; undefined: nothing yet */
  chunk(bytes: Buffer): Buffer | undefined;
  /** Also when the answer was cut off, or never began. */
  end(): TapEnd;
}

export interface MeteredCall {
  readonly request: MeteredRequest;
  /** To be sent instead of the caller's, in the same content-encoding; its length has changed. */
  readonly body?: Buffer;
  /**
   * Usage was asked for in the caller's name, and its event has to be dropped from the answer: the
   * proxy asks for `accept-encoding: identity`, or decodes before it gives the bytes to the tap.
   */
  readonly identityOnly?: true;
  readonly mcp?: McpCall;
  readonly tap: ResponseTap;
}

/** A refusal as it goes over the wire. */
export interface RefusalAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}
