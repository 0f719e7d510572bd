/**
 * One call: prepared, written down, sent, its answer streamed back (forward-answer.ts), settled.
 *
 * undici says `onRequestStart` when it is about to write to a connected socket. An error before
 * that means that nobody saw a byte, and the next address of the name is tried; after it the call
 * counts as sent and is never repeated.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { SwarmError } from '../../base/errors.ts';
import { egressEvents } from '../events.ts';
import type { TapEnd } from '../metering/metering.ts';
import { sendAnswer } from './answer-guest.ts';
import { type CallEnd, CallTrail } from './call-trail.ts';
import { ownerOf } from './caller-facts.ts';
import { ForwardedAnswer } from './forward-answer.ts';
import { type GuestCall, hasBody, touch } from './guest-request.ts';
import type { BodyLease } from './held-bodies.ts';
import { mcpAttribute } from './mcp-attribute.ts';
import {
  type PreparedCall,
  prepareCall,
  type RefusedCall,
  refusal,
  spendRefusal,
} from './prepare-call.ts';
import type { ProxyContext } from './proxy-context.ts';
import { hasPlaceholder } from './swap-placeholders.ts';
import { BAD_RESPONSE, MAX_INTERIM_ANSWERS, upstreamFault } from './upstream-fault.ts';

const GUEST_LEFT: CallEnd = {
  status: 'error',
  error: { code: 'guest_left', message: 'The machine closed the connection before the end.' },
};

export class ForwardedCall implements Dispatcher.DispatchHandler {
  readonly #context: ProxyContext;
  readonly #call: GuestCall;
  readonly #trail: CallTrail;
  readonly #left = new AbortController();
  readonly #lease: BodyLease;
  #prepared: PreparedCall | undefined;
  #attempt = 0;
  #controller: Dispatcher.DispatchController | undefined;
  #answer: ForwardedAnswer | undefined;
  #dispatched = false;
  #sent = false;
  #interim = 0;
  #ended = false;

  constructor(context: ProxyContext, call: GuestCall) {
    this.#context = context;
    this.#call = call;
    const { request, connection } = call;
    const kind = egressEvents['egress.call'];
    this.#trail = new CallTrail(context, { caller: connection.caller, kind, request });
    this.#lease = context.bodies.lease(connection.caller.machineId);
  }

  /** Never rejects; returns when the call is on its way or answered. */
  async start(): Promise<void> {
    const { request, response, connection } = this.#call;
    connection.busy++;
    response.on('close', () => this.#closed());
    // Errors of the guest's connection also close the response, which is where they are handled.
    request.on('error', ignore);
    response.on('error', ignore);
    try {
      const trail = this.#trail;
      const signal = this.#left.signal;
      const lease = this.#lease;
      const prepared = await prepareCall(this.#context, { call: this.#call, trail, signal, lease });
      if ('answer' in prepared) return this.#refuse(prepared);
      this.#prepared = prepared;
      if (!this.#left.signal.aborted) await trail.begin();
      if (this.#left.signal.aborted) return this.#finish(GUEST_LEFT);
      // It may have come while the log was written, and its cut found nothing under way.
      const paused = this.#context.spending.paused(connection.caller);
      if (paused !== undefined) return this.#refuse(spendRefusal(prepared.metered, paused));
      this.#dispatch(prepared);
    } catch (error) {
      if (this.#left.signal.aborted) this.#finish(GUEST_LEFT);
      else this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (error instanceof SwarmError) {
      this.#refuse(refusal(error));
      return;
    }
    this.#context.log.error({ error }, 'a call of a machine failed in the proxy');
    this.#finish({ status: 'error', error: { code: 'internal', message: 'A fault of Swarm.' } });
    this.#call.response.destroy();
  }

  #refuse({ answer, error, failed }: RefusedCall): void {
    if (this.#left.signal.aborted) {
      this.#finish(GUEST_LEFT);
      return;
    }
    this.#trail.statusCode = answer.status;
    this.#finish({ status: failed ? 'error' : 'refused', error });
    sendAnswer(this.#call.response, answer);
  }

  #dispatch(prepared: PreparedCall): void {
    const { target, addresses, method, headers, body } = prepared;
    const { request, response, connection, expectsContinue } = this.#call;
    const address = addresses[this.#attempt]?.address ?? '';
    const { scheme, host, port } = target;
    const owner = ownerOf(connection.caller);
    if (!this.#dispatched && Buffer.isBuffer(body)) this.#trail.sent.add(body);
    else if (!this.#dispatched && expectsContinue && hasBody(request)) response.writeContinue();
    this.#dispatched = true;
    this.#context.upstreams
      .pool({ owner, scheme, host, port, address })
      .dispatch({ method, path: target.path, headers, body }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#left.signal.aborted) {
      controller.abort(new Error('the guest left'));
      return;
    }
    if (this.#sent) return;
    this.#sent = true;
    const { request, connection } = this.#call;
    const { body, used } = this.#prepared ?? {};
    const { machineId } = connection.caller;
    for (const { name, version } of used ?? [])
      this.#context.placeholders.used(machineId, { name, version });
    if (body !== request) return;
    // undici reads the body from here on; a listener of ours before that would set it flowing.
    request.on('data', (chunk: Buffer) => {
      touch(connection);
      this.#trail.sent.add(chunk);
      if (hasPlaceholder(chunk)) this.#trail.keptPlaceholders(['body']);
    });
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 100 || status > 599) throw new Error(BAD_RESPONSE);
    if (status < 200) {
      if (++this.#interim > MAX_INTERIM_ANSWERS || status === 101) throw new Error(BAD_RESPONSE);
      return;
    }
    touch(this.#call.connection);
    this.#trail.answerBegun(status);
    this.#answer = new ForwardedAnswer({
      ...{ call: this.#call, trail: this.#trail, prepared: this.#prepared, controller },
      ended: (end) => {
        this.#tapped(end);
        this.#finish({ status: status < 400 ? 'ok' : 'error' });
      },
      failed: (error) => this.#broken(error),
    });
    this.#answer.begin(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#answer?.push(chunk);
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    this.#answer?.end(trailers);
  }

  #tapped(end: TapEnd | undefined): void {
    this.#trail.usage ??= end?.usage;
    const { mcp } = this.#prepared?.metered ?? {};
    if (mcp === undefined || end?.toolCalls === undefined) return;
    this.#trail.say({ mcp: mcpAttribute(mcp, end.toolCalls) });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#broken(error);
  }

  #broken(error: Error): void {
    if (this.#ended) return;
    const prepared = this.#prepared;
    if (this.#left.signal.aborted || prepared === undefined) {
      this.#finish(GUEST_LEFT);
      return;
    }
    if (!this.#sent && this.#attempt + 1 < Math.min(prepared.addresses.length, 3)) {
      this.#attempt++;
      this.#dispatch(prepared);
      return;
    }
    const { response } = this.#call;
    const fault = upstreamFault(error, prepared.target);
    if (response.headersSent) {
      this.#finish({ status: 'error', error: fault });
      this.#breakOff();
    } else this.#refuse({ ...refusal(fault), failed: true });
  }

  /** Settles and writes down, once. */
  #finish(how: CallEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    const { connection } = this.#call;
    connection.busy--;
    this.#lease.release();
    touch(connection);
    this.#tapped(this.#answer?.destroy());
    const { reservation, metered } = this.#prepared ?? {};
    // A model that was asked works on when nobody waits for its answer.
    if (this.#sent && metered !== undefined && metered.mcp === undefined)
      this.#trail.usage ??= { missing: true };
    // Nothing was sent: nothing can have been used.
    if (reservation !== undefined) {
      this.#trail.cost = reservation.settle(this.#sent ? this.#trail.usage : undefined);
    }
    const scrubbed = this.#answer?.scrubbed ?? 0;
    if (scrubbed > 0) this.#trail.say({ scrubbed });
    this.#trail.end(how);
  }

  #closed(): void {
    if (this.#ended) return;
    this.#left.abort(new Error('the guest left'));
    if (this.#controller !== undefined) this.#controller.abort(new Error('the guest left'));
    if (this.#sent || !this.#dispatched) return;
    // Waits for a connection: the call ends when it is there, or cannot be made.
  }

  /** Ends the guest's connection so that the answer cannot be taken for a whole one. */
  #breakOff(): void {
    const { request, response } = this.#call;
    if (request.httpVersion === '1.0' && request.socket instanceof Socket)
      request.socket.resetAndDestroy();
    else response.destroy();
  }
}

function ignore(): void {}
