/** What all parts of the proxy share. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { EgressCallers, PlaceholderSource, Spending } from '../../contracts/egress.ts';
import type { Trail } from '../../contracts/trail.ts';
import type { CallHead, MeterableCall, MeteredCall } from '../metering/metering.ts';
import type { HostResolver } from '../policy/resolve-host.ts';
import type { Authorities } from './authority.ts';
import type { HeldBodies, HeldLimits } from './held-bodies.ts';
import type { Refusals } from './refusals.ts';
import type { Matchers } from './scrubber.ts';
import type { Upstreams } from './upstreams.ts';

export interface ProxyLimits extends HeldLimits {
  readonly connectTimeoutMs: number;
  /** From the call's last byte to the answer's headers. */
  readonly firstByteTimeoutMs: number;
  /** Between two chunks of either side, and of a connection that passes through. */
  readonly idleTimeoutMs: number;
  /** A connection on which no request is under way. */
  readonly unusedTimeoutMs: number;
  /** Until a connection has said what it speaks, and until TLS is open. */
  readonly handshakeTimeoutMs: number;
  /** After this a protocol in which the other side speaks first may be passed through. */
  readonly silenceMs: number;
  readonly maxHeaderBytes: number;
  readonly maxHeaders: number;
  /** Of one machine, at a time. */
  readonly maxConnections: number;
}

export const DEFAULT_LIMITS: ProxyLimits = {
  connectTimeoutMs: 10_000,
  firstByteTimeoutMs: 900_000,
  idleTimeoutMs: 300_000,
  unusedTimeoutMs: 120_000,
  handshakeTimeoutMs: 10_000,
  silenceMs: 1_000,
  maxHeaderBytes: 32_768,
  maxHeaders: 200,
  maxConnections: 1_024,
  maxHeldBytes: 256 * 1024 * 1024,
  maxHeldBytesOfAll: 1024 * 1024 * 1024,
};

export interface Meter {
  needsBody(call: CallHead): boolean;
  meterCall(call: MeterableCall): MeteredCall | undefined;
}

export interface ProxyContext {
  readonly callers: EgressCallers;
  readonly placeholders: PlaceholderSource;
  readonly spending: Spending;
  readonly meter: Meter;
  readonly resolver: HostResolver;
  readonly trailOf: (workspaceId: string) => Trail;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: ProxyLimits;
  readonly authorities: Authorities;
  readonly upstreams: Upstreams;
  readonly matchers: Matchers;
  readonly refusals: Refusals;
  readonly bodies: HeldBodies;
}
