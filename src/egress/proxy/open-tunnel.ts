/**
 * A connection to a name: CONNECT, or captured. What it speaks decides what becomes of it: TLS is
 * opened (or, by rule, passed through), HTTP is read, and everything else needs a rule of its own.
 */
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { SwarmError } from '../../base/errors.ts';
import { egressErrors } from '../errors.ts';
import { egressEvents } from '../events.ts';
import { decide } from '../policy/decide.ts';
import { CallTrail } from './call-trail.ts';
import { type GuestConnection, touch } from './guest-request.ts';
import type { HttpFront } from './http-front.ts';
import { passThrough } from './pass-through.ts';
import type { ProxyContext } from './proxy-context.ts';
import { isHostName } from './request-target.ts';
import { sniffStream } from './sniff-stream.ts';

export interface OpenedTunnel {
  readonly connection: GuestConnection;
  readonly stream: Duplex;
  readonly via: 'tunnel' | 'captured';
  /** A name in lower case; undefined: a bare address. */
  readonly host: string | undefined;
  readonly port: number;
}

/** Never rejects; returns when the connection is in other hands, or closed. */
export async function openTunnel(
  context: ProxyContext,
  by: { readonly tunnel: OpenedTunnel; readonly front: HttpFront },
): Promise<void> {
  const { tunnel, front } = by;
  const { stream, connection, host, port, via } = tunnel;
  stream.on('error', () => undefined);
  try {
    const raw = mayPassRaw(context, tunnel);
    const { silenceMs, handshakeTimeoutMs } = context.limits;
    const sniffed = await sniffStream(stream, raw ? silenceMs : handshakeTimeoutMs);
    touch(connection);
    if (sniffed.speaks === 'http')
      return front.take(stream, {
        connection,
        leg: { via, scheme: 'http', host, port, serverName: undefined },
      });
    if (sniffed.speaks === 'tls') return await tls(context, { ...by, named: sniffed.serverName });
    if (sniffed.speaks === 'closed' || (sniffed.speaks === 'nothing' && !raw))
      return refuse(context, tunnel, {
        message: 'It said nothing that a rule could be asked about.',
        // Who waits in silence waits for the other side's greeting: no web protocol begins so.
        ...(sniffed.speaks === 'nothing' && { scheme: 'tcp' }),
      });
    if (!raw || host === undefined)
      return refuse(context, tunnel, {
        message: 'It is neither TLS nor HTTP, and no rule passes it through.',
        scheme: 'tcp',
      });
    await passThrough(context, { connection, stream, host, port, scheme: 'tcp' });
  } catch (error) {
    context.log.error({ error }, 'a connection of a machine failed in the proxy');
    stream.destroy();
  }
}

function mayPassRaw(context: ProxyContext, { connection, host, port }: OpenedTunnel): boolean {
  if (host === undefined) return false;
  const policy = context.callers.policy(connection.caller);
  const decision = decide(policy, { scheme: 'tcp', host, port });
  return decision.allowed && !decision.wouldRefuse;
}

async function tls(
  context: ProxyContext,
  by: {
    readonly tunnel: OpenedTunnel;
    readonly front: HttpFront;
    readonly named: string | undefined;
  },
): Promise<void> {
  const { tunnel, front, named } = by;
  const { connection, stream, host, port, via } = tunnel;
  const serverName = named?.toLowerCase();
  const name = serverName ?? host;
  if (name === undefined || !isHostName(name))
    return refuse(context, tunnel, {
      message: 'TLS names no host that may be called.',
      scheme: 'https',
    });
  const { caller } = connection;
  const decision = decide(context.callers.policy(caller), { scheme: 'https', host: name, port });
  if (decision.allowed && !decision.intercept) {
    if (name !== host)
      return refuse(context, tunnel, {
        message: 'TLS names another host.',
        ...{ scheme: 'https', code: 'egress_host_mismatch' },
      });
    return passThrough(context, { connection, stream, host: name, port, scheme: 'https' });
  }
  const secureContext = await context.authorities.contextFor(caller.workspaceId, name);
  if (stream.destroyed) return;
  const secured = new TLSSocket(stream, {
    isServer: true,
    secureContext,
    ALPNProtocols: ['http/1.1'],
  });
  const timer = setTimeout(() => stream.destroy(), context.limits.handshakeTimeoutMs);
  secured.on('error', () => stream.destroy());
  secured.on('close', () => {
    clearTimeout(timer);
    stream.destroy();
  });
  stream.on('close', () => secured.destroy());
  secured.once('secure', () => {
    clearTimeout(timer);
    const leg = { via, scheme: 'https', host, port, serverName } as const;
    front.take(secured, { connection, leg });
  });
}

function refuse(
  context: ProxyContext,
  tunnel: OpenedTunnel,
  why: {
    readonly message: string;
    /** Absent: it is not known. */
    readonly scheme?: 'tcp' | 'https';
    readonly code?: 'egress_refused' | 'egress_host_mismatch';
  },
): void {
  const { connection, stream, host, port } = tunnel;
  const kind = egressEvents['egress.connection'];
  const trail = new CallTrail(context, { caller: connection.caller, kind, request: undefined });
  const { message, scheme, code = 'egress_refused' } = why;
  trail.say({ ...(scheme && { scheme }), ...(host !== undefined && { host }), port });
  const error: SwarmError = egressErrors[code](message);
  trail.end({ status: 'refused', error });
  stream.destroy();
}
