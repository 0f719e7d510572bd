/** A WebSocket: its handshake is a call like any other; then frames pass both ways. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { SwarmError } from '../../base/errors.ts';
import { egressErrors } from '../errors.ts';
import { egressEvents } from '../events.ts';
import { answerOf, endWithAnswer } from './answer-guest.ts';
import { type CallEnd, CallTrail } from './call-trail.ts';
import { ownerOf } from './caller-facts.ts';
import { FrameScrubber } from './frame-scrubber.ts';
import { type GuestRequest, hasBody, touch } from './guest-request.ts';
import { responseHeaders } from './passed-headers.ts';
import { type RefusedCall, spendRefusal } from './prepare-call.ts';
import { type PreparedUpgrade, prepareUpgrade } from './prepare-upgrade.ts';
import type { ProxyContext } from './proxy-context.ts';
import { scrubText } from './scrubber.ts';
import { upstreamFault } from './upstream-fault.ts';

export interface GuestUpgrade extends GuestRequest {
  readonly stream: Duplex;
  /** What came behind the request's head. */
  readonly head: Buffer;
}

const GUEST_LEFT: CallEnd = {
  status: 'error',
  error: { code: 'guest_left', message: 'The machine closed the connection before an answer.' },
};
const CLOSE_MS = 2_000;
const NOTHING_DROPPED: ReadonlySet<string> = new Set();

export class ForwardedUpgrade {
  readonly #context: ProxyContext;
  readonly #call: GuestUpgrade;
  readonly #trail: CallTrail;
  readonly #left = new AbortController();
  readonly #bytes = { in: 0, out: 0 };
  #prepared: PreparedUpgrade | undefined;
  #upstream: Socket | undefined;
  #handshake: ClientRequest | undefined;
  #scrubber: FrameScrubber | undefined;
  #timer: NodeJS.Timeout | undefined;
  #joined = false;
  #fault: Error | undefined;
  #ended = false;

  constructor(context: ProxyContext, call: GuestUpgrade) {
    this.#context = context;
    this.#call = call;
    const { connection, request } = call;
    const kind = egressEvents['egress.connection'];
    this.#trail = new CallTrail(context, { caller: connection.caller, kind, request });
    this.#trail.bytes = this.#bytes;
  }

  /** Never rejects. */
  async start(): Promise<void> {
    const { stream, request, connection } = this.#call;
    connection.busy++;
    stream.on('error', () => undefined);
    stream.on('close', () => this.#closed());
    try {
      if (hasBody(request))
        throw egressErrors.egress_bad_request('A request to upgrade has no body.');
      const trail = this.#trail;
      const signal = this.#left.signal;
      const prepared = await prepareUpgrade(this.#context, { call: this.#call, trail, signal });
      if ('answer' in prepared) return this.#refuse(prepared);
      this.#prepared = prepared;
      if (!signal.aborted) await trail.begin();
      if (signal.aborted) return this.#finish(GUEST_LEFT);
      const paused = this.#context.spending.paused(connection.caller);
      if (paused !== undefined) return this.#refuse(spendRefusal(undefined, paused));
      this.#connect(prepared);
    } catch (error) {
      if (this.#left.signal.aborted) return this.#finish(GUEST_LEFT);
      const told =
        error instanceof SwarmError ? error : egressErrors.egress_closed('The handshake failed.');
      if (!(error instanceof SwarmError)) this.#context.log.error({ error }, 'an upgrade failed');
      this.#refuse({ answer: answerOf(told), error: told, failed: told.status >= 500 });
    }
  }

  #refuse({ answer, error, failed }: RefusedCall): void {
    this.#trail.statusCode = answer.status;
    this.#finish({ status: failed ? 'error' : 'refused', error });
    endWithAnswer(this.#call.stream, answer);
  }

  #connect(prepared: PreparedUpgrade): void {
    const { target, addresses, headers, used } = prepared;
    const { request, connection } = this.#call;
    const { caller } = connection;
    const { scheme, host, port } = target;
    const address = addresses[0]?.address ?? '';
    const to = this.#context.upstreams.endpoint({
      ...{ owner: ownerOf(caller), scheme, host, port, address },
    });
    const endpoint = { host: to.address, port: to.port };
    const { secureContext } = to;
    const upstream =
      scheme === 'https'
        ? connectTls({
            ...{ ...endpoint, secureContext, servername: host, ALPNProtocols: ['http/1.1'] },
            rejectUnauthorized: true,
          })
        : connect(endpoint);
    upstream.setNoDelay(true);
    this.#upstream = upstream;
    this.#limit(this.#context.limits.connectTimeoutMs);
    upstream.once(scheme === 'https' ? 'secureConnect' : 'connect', () => {
      this.#limit(this.#context.limits.firstByteTimeoutMs);
      for (const { name, version } of used)
        this.#context.placeholders.used(caller.machineId, { name, version });
    });
    const usual = port === (scheme === 'https' ? 443 : 80);
    const handshake = httpRequest({
      method: request.method ?? 'GET',
      path: target.path,
      setDefaultHeaders: false,
      headers: [
        ...['Host', usual ? host : `${host}:${port}`],
        ...headers,
        ...['Connection', 'Upgrade', 'Upgrade', 'websocket'],
      ],
      maxHeaderSize: this.#context.limits.maxHeaderBytes,
      createConnection: () => upstream,
    });
    this.#handshake = handshake;
    handshake.on('error', (error) => this.#failed(error));
    handshake.on('response', (answer) => this.#declined(answer));
    handshake.on('upgrade', (answer, _socket, head) => this.#join(answer, head));
    handshake.end();
  }

  /** An answer other than 101: the connection ends with it. Its body is not passed on. */
  #declined(answer: IncomingMessage): void {
    const status = answer.statusCode ?? 502;
    this.#trail.answerBegun(status);
    const { host } = this.#prepared?.target ?? {};
    const error = {
      code: 'declined',
      message: `${host} declined the upgrade with ${status}.`,
      host,
    };
    const body = Buffer.from(JSON.stringify({ error }));
    const headers = {
      'content-type': 'application/json',
      'content-length': String(body.length),
    };
    answer.destroy();
    this.#finish({ status: 'error', error });
    endWithAnswer(this.#call.stream, { status: status < 200 ? 502 : status, headers, body });
  }

  #join(answer: IncomingMessage, head: Buffer): void {
    const { stream, head: early, connection } = this.#call;
    const upstream = this.#upstream;
    if (upstream === undefined || this.#ended) return;
    clearTimeout(this.#timer);
    this.#joined = true;
    this.#trail.answerBegun(101);
    const { matcher } = this.#prepared ?? {};
    const scrub = matcher && ((text: string) => scrubText(matcher, text));
    const kept = responseHeaders(answer.headers, { drop: NOTHING_DROPPED, scrub });
    kept.push('Connection', 'Upgrade', 'Upgrade', 'websocket');
    let text = 'HTTP/1.1 101 Switching Protocols\r\n';
    for (let i = 0; i < kept.length; i += 2) text += `${kept[i]}: ${kept[i + 1]}\r\n`;
    stream.write(`${text}\r\n`, 'latin1');
    const scrubber = matcher && new FrameScrubber(matcher);
    this.#scrubber = scrubber;
    const toGuest = (chunk: Buffer) => {
      touch(connection);
      this.#bytes.out += chunk.length;
      const clean = scrubber === undefined ? chunk : scrubber.push(chunk);
      if (clean === undefined) return upstream.destroy(new Error('bad upgrade'));
      if (clean.length > 0 && !stream.write(clean)) upstream.pause();
    };
    stream.on('drain', () => upstream.resume());
    stream.on('data', (chunk: Buffer) => {
      touch(connection);
      this.#bytes.in += chunk.length;
    });
    upstream.on('error', (error) => {
      this.#fault ??= error;
    });
    upstream.on('close', () => {
      stream.end();
      // What was written may still be on its way.
      setTimeout(() => stream.destroy(), CLOSE_MS).unref();
    });
    if (early.length > 0) {
      this.#bytes.in += early.length;
      upstream.write(early);
    }
    if (head.length > 0) toGuest(head);
    upstream.on('data', toGuest);
    upstream.on('end', () => stream.end());
    stream.pipe(upstream);
  }

  #failed(error: Error): void {
    if (this.#ended) return;
    const { target } = this.#prepared ?? {};
    if (target === undefined || this.#left.signal.aborted) {
      this.#finish(GUEST_LEFT);
      return;
    }
    const fault = upstreamFault(error, target);
    this.#refuse({ answer: answerOf(fault), error: fault, failed: true });
  }

  #limit(ms: number): void {
    clearTimeout(this.#timer);
    const slow = Object.assign(new Error('slow'), { code: 'ETIMEDOUT' });
    this.#timer = setTimeout(() => this.#upstream?.destroy(slow), ms);
  }

  #closed(): void {
    this.#left.abort(new Error('the guest left'));
    const { target } = this.#prepared ?? {};
    if (this.#ended) return;
    if (!this.#joined) {
      if (this.#upstream !== undefined) this.#finish(GUEST_LEFT);
      return;
    }
    if (this.#fault === undefined || target === undefined) {
      this.#finish({ status: 'ok' });
      return;
    }
    this.#finish({ status: 'error', error: upstreamFault(this.#fault, target) });
  }

  #finish(how: CallEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#call.connection.busy--;
    this.#handshake?.destroy();
    this.#upstream?.destroy();
    if (this.#joined && this.#prepared?.paid) this.#trail.usage = { missing: true };
    this.#trail.cost = this.#prepared?.reservation.settle(this.#trail.usage);
    if (this.#scrubber !== undefined && this.#scrubber.count > 0)
      this.#trail.say({ scrubbed: this.#scrubber.count });
    this.#trail.end(how);
  }
}
