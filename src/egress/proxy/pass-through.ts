/** A connection whose bytes pass unseen: by rule, with name, time and size in the log. */
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { SwarmError } from '../../base/errors.ts';
import type { Reservation } from '../../contracts/egress.ts';
import { egressErrors } from '../errors.ts';
import { egressEvents } from '../events.ts';
import { type CallEnd, CallTrail } from './call-trail.ts';
import { ownerOf } from './caller-facts.ts';
import { type GuestConnection, touch } from './guest-request.ts';
import { judgePolicy, resolveTarget } from './judge-call.ts';
import type { ProxyContext } from './proxy-context.ts';
import { upstreamFault } from './upstream-fault.ts';

export interface PassedConnection {
  readonly connection: GuestConnection;
  readonly stream: Duplex;
  readonly host: string;
  readonly port: number;
  readonly scheme: 'https' | 'tcp';
}

/** Never rejects for what the guest or the other side do; returns when bytes flow, or it is closed. */
export async function passThrough(context: ProxyContext, passed: PassedConnection): Promise<void> {
  const { connection, stream, host, port, scheme } = passed;
  const { caller } = connection;
  const kind = egressEvents['egress.connection'];
  const trail = new CallTrail(context, { caller, kind, request: undefined });
  trail.bytes = { in: 0, out: 0 };
  connection.busy++;
  let reservation: Reservation | undefined;
  const end = (how: CallEnd) => {
    connection.busy--;
    trail.cost = reservation?.settle(undefined);
    trail.end(how);
    stream.destroy();
  };
  try {
    const decision = judgePolicy(context, { caller, request: { scheme, host, port }, trail });
    if (decision instanceof SwarmError) return end({ status: 'refused', error: decision });
    const paused = context.spending.paused(caller);
    if (paused !== undefined) return end({ status: 'refused', error: paused });
    const signal = AbortSignal.timeout(context.limits.connectTimeoutMs);
    const judged = await resolveTarget(context, { caller, decision, signal });
    if (judged instanceof SwarmError) {
      const status = judged.status < 500 ? 'refused' : 'error';
      return end({ status, error: judged });
    }
    const reserved = context.spending.reserve({
      ...{ caller, run: trail.budgetRun, host },
      request: { provider: host, operation: 'other' },
    });
    if ('code' in reserved) return end({ status: 'refused', error: reserved });
    reservation = reserved;
    await trail.begin();
    if (stream.destroyed) return end({ status: 'ok' });
    const since = context.spending.paused(caller);
    if (since !== undefined) return end({ status: 'refused', error: since });
    const [first] = judged.addresses;
    const { address, port: toPort } = context.upstreams.endpoint({
      ...{ owner: ownerOf(caller), scheme: 'https', host, port, address: first?.address ?? '' },
    });
    const upstream = connect({ host: address, port: toPort, allowHalfOpen: true });
    join(context, { passed, upstream, trail, end });
  } catch (error) {
    const told = error instanceof SwarmError ? error : egressErrors.egress_closed('It failed.');
    end({ status: 'error', error: told });
  }
}

function join(
  context: ProxyContext,
  by: {
    readonly passed: PassedConnection;
    readonly upstream: Socket;
    readonly trail: CallTrail;
    readonly end: (how: CallEnd) => void;
  },
): void {
  const { upstream, trail, end } = by;
  const { connection, stream, host, port } = by.passed;
  const bytes = { in: 0, out: 0 };
  trail.bytes = bytes;
  let fault: Error | undefined;
  let ended = false;
  const finish = () => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    upstream.destroy();
    if (fault === undefined) return end({ status: 'ok' });
    end({ status: 'error', error: upstreamFault(fault, { host, port }) });
  };
  const slow = Object.assign(new Error('slow'), { code: 'ETIMEDOUT' });
  const timer = setTimeout(() => upstream.destroy(slow), context.limits.connectTimeoutMs);
  upstream.setNoDelay(true);
  upstream.on('error', (error) => {
    fault ??= error;
  });
  upstream.on('close', finish);
  stream.on('close', finish);
  stream.on('error', finish);
  upstream.once('connect', () => {
    clearTimeout(timer);
    stream.on('data', (chunk: Buffer) => {
      bytes.in += chunk.length;
      touch(connection);
    });
    upstream.on('data', (chunk) => {
      bytes.out += chunk.length;
      touch(connection);
    });
    stream.pipe(upstream);
    upstream.pipe(stream);
  });
}
