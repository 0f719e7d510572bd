/**
 * What the areas of the way out know of each other: the machines bring connections, the proxy
 * (src/egress/) judges and forwards them, secrets (src/secrets/) says what placeholders stand for,
 * cost (src/cost/) says what a call may and did cost. src/main/ wires them.
 *
 * Guests and everything they say are hostile. Who calls is known from the machine whose connection
 * it is, never from anything that comes over it.
 */
import type { Duplex } from 'node:stream';
import type { EgressPolicy } from './egress-policy.ts';
import type { EventTokens } from './event.ts';
import type { PayloadPolicy } from './trail.ts';

/** The machine at the other end of a connection, and what runs in it. */
export interface EgressCaller {
  readonly workspaceId: string;
  readonly agent: string;
  readonly revision: number;
  readonly replica: number;
  readonly machineId: string;
}

/**
 * A connection that a process in a machine opened.
 * - `proxy`: to the explicit proxy's port: plain HTTP with absolute-form targets, or CONNECT.
 * - `captured`: to any other address, taken up inside the machine. `port` is the one it meant, `name`
 *   what the machine's resolver says that the address stood for; TLS and HTTP say it again.
 */
export interface EgressConnection {
  readonly machineId: string;
  readonly kind: 'proxy' | 'captured';
  /** Of a captured one; 0 for the proxy. */
  readonly port: number;
  /** A claim of the guest, to be judged like any other. */
  readonly name?: string;
  readonly stream: Duplex;
}

/** What the proxy asks about whoever calls. Answers come from memory: once for each request. */
export interface EgressCallers {
  /** Undefined: not (or no longer) a machine of ours: its connections are closed. */
  find(machineId: string): EgressCaller | undefined;
  policy(caller: EgressCaller): EgressPolicy;
  payloadPolicy(caller: EgressCaller): PayloadPolicy;
  /**
   * The run that caused a call: `agreed` when trace context names one in flight on this machine, or
   * it is the only one in flight; else not certain.
   */
  run(
    caller: EgressCaller,
    trace: { readonly run: string; readonly parent: string } | undefined,
  ):
    | {
        readonly run: string;
        readonly parent: string | undefined;
        readonly certain: boolean;
        /**
         * The one in flight on this machine whose budget it is; undefined: none is. Never one that
         * only the guest knows of: it would have a new budget with every name that it thinks up.
         */
        readonly budgetRun: string | undefined;
      }
    | undefined;
}

/** A secret as the proxy needs it, at the moment of a call. */
export interface UsableSecret {
  readonly name: string;
  readonly version: number;
  readonly value: string;
  /** As in egress rules. */
  readonly hosts: readonly string[];
  /** Lower case. */
  readonly headers: readonly string[];
  /** May it travel over plain HTTP? */
  readonly allowHttp: boolean;
}

export interface PlaceholderSource {
  /** `text` is the whole placeholder. Undefined: it is none of this machine's. */
  resolve(machineId: string, text: string): UsableSecret | undefined;
  /** All values that a call of this machine may carry, old versions still in use among them: to scrub. */
  values(machineId: string): readonly { readonly name: string; readonly value: string }[];
  /** Told once for each call that carried it; kept as time of last use. */
  used(machineId: string, secret: { readonly name: string; readonly version: number }): void;
}

/** Finds placeholders in a header's value: there is no other text of this form. */
export const PLACEHOLDER_PATTERN = /swsec_[a-z2-7]{52}/g;

/** What is known of a call to a model or tool before it is made. */
export interface MeteredRequest {
  /** openai, anthropic, …, or the host. */
  readonly provider: string;
  /** paid: a provider asks money for it, in units that are not read: images, speech, batches, a WebSocket. */
  readonly operation: 'chat' | 'responses' | 'messages' | 'embeddings' | 'paid' | 'mcp' | 'other';
  readonly model?: string;
  readonly tool?: string;
  /** Upper bounds, for the reservation: input from the body's size, output from max_tokens. */
  readonly mostInputTokens?: number;
  readonly mostOutputTokens?: number;
}

/** What a call used, from the answer as it came over the wire. */
export interface MeteredUsage {
  readonly model?: string;
  /** Classes do not overlap: input without cached tokens, output without reasoning. cacheWriteLong is part of cacheWrite. */
  readonly tokens?: EventTokens;
  /** The answer should have told usage and did not: counted and flagged, never priced at 0. */
  readonly missing?: true;
}

export interface CallCost {
  readonly amount: string;
  readonly currency: string;
  /** Version of the price table. */
  readonly prices: string;
}

/** A refusal that SDKs see as their provider's 429. */
export interface SpendRefusal {
  readonly code: 'budget_exhausted' | 'rate_limited' | 'agent_paused';
  /** Which budget or limit, in words. */
  readonly message: string;
  readonly retryAfterSeconds?: number;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface Reservation {
  /**
   * What it cost in the end; exactly once, also when it failed (usage undefined: nothing is known).
   * @returns undefined when there is nothing to price, or no price: then `unpriced` says so
   */
  settle(usage: MeteredUsage | undefined): {
    readonly cost?: CallCost;
    readonly unpriced?: true;
  };
}

/** Budgets, rates and the kill switch. Synchronous: nothing comes between the check and the reservation. */
export interface Spending {
  /** The refusal while the agent is paused: asked before a name is resolved, and when a call is about to leave. */
  paused(caller: EgressCaller): SpendRefusal | undefined;
  reserve(call: {
    readonly caller: EgressCaller;
    readonly run: string | undefined;
    readonly host: string;
    readonly request: MeteredRequest;
  }): Reservation | SpendRefusal;
}

/** The way out, as main and the machines see it. */
export interface Egress {
  /** Takes a connection over until it ends. Never throws; whatever is wrong is said over it or closes it. */
  accept(connection: EgressConnection): void;
  /** PEM of the workspace's authority, for its machines. */
  authority(workspaceId: string): string;
  /** Ends every connection of an agent at once: it was paused, or its policy became narrower. */
  cutOff(agent: { readonly workspaceId: string; readonly agent: string }): void;
  close(): Promise<void>;
}
