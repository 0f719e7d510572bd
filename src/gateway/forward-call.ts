/**
 * One call: waits for a slot, goes to a machine, streams the answer back.
 *
 * The retry rule: undici says `onRequestStart` when it is about to write to a connected socket.
 * An error before that (the connection was refused or took too long) means that no replica saw a
 * byte, and the call goes to another. After it, the call counts as sent and is never repeated,
 * whatever its method: a GET of an agent may well act. That holds for a kept-alive connection
 * that the agent closes as we write, too: TCP cannot tell whether the call was read. Instead of
 * guessing, unused connections are closed long before any usual server would (keepAliveMs).
 *
 * The call waits for its slot and for its intent to be durable at the same time, and is dispatched
 * when it has both.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { SwarmError } from '../base/errors.ts';
import type { CallAudit, CallEnd } from './call-audit.ts';
import type { CallSlots, SlotCaller } from './call-slots.ts';
import { requestHeaders, responseHeaders, responseTrailers } from './forwarded-headers.ts';
import type { MachineCalls, RunningCall } from './machine-calls.ts';
import type { AgentTarget } from './match-agent.ts';
import { sendProblem } from './problem-response.ts';
import { refuseCall } from './refuse-call.ts';
import { BAD_RESPONSE, MAX_INTERIM_ANSWERS, upstreamError } from './upstream-error.ts';

export interface CallContext {
  readonly slots: CallSlots;
  readonly nowMs: () => number;
  readonly connectFailed: (machine: MachineCalls, error: Error) => void;
}

export interface CallRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: AgentTarget;
  readonly requestId: string;
  readonly audit: CallAudit;
  /** The dashboard made it. */
  readonly bySession: boolean;
}

const CALLER_LEFT: CallEnd = {
  status: 'error',
  error: { code: 'caller_left', message: 'The caller left before it had the whole answer.' },
};

export class ForwardedCall implements SlotCaller, Dispatcher.DispatchHandler {
  readonly agentName: string;
  readonly trace: RunningCall;
  tried: Set<string> | undefined;
  readonly #context: CallContext;
  readonly #call: CallRequest;
  #machine: MachineCalls | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  /** The log knows of the call. */
  #durable = false;
  #dispatched = false;
  #sent = false;
  #interim = 0;
  #bodyBegun = false;
  #ended = false;
  #callerLeft = false;
  #stalled: NodeJS.Timeout | undefined;

  constructor(context: CallContext, call: CallRequest) {
    this.agentName = call.target.agentName;
    this.trace = call.audit.trace;
    this.#context = context;
    this.#call = call;
  }

  start(): void {
    const { request, response } = this.#call;
    response.on('close', () => this.#closed());
    // Errors of the caller's connection also close the response, which is where they are handled.
    request.on('error', ignore);
    response.on('error', ignore);
    this.#context.slots.request(this);
    // A call that was refused at once is no intent.
    if (this.#ended) return;
    this.#call.audit.begin({
      durable: () => {
        this.#durable = true;
        this.#dispatch();
      },
      refused: (error) => {
        if (this.#ended) return;
        this.#giveBack();
        this.#told({ status: 'refused', error });
        sendProblem(response, error, this.#call);
      },
    });
  }

  granted(machine: MachineCalls): void {
    this.#machine = machine;
    this.#dispatch();
  }

  #dispatch(): void {
    const { request, target, requestId, audit } = this.#call;
    const machine = this.#machine;
    if (machine === undefined || !this.#durable || this.#ended) return;
    this.#dispatched = true;
    audit.machine = machine;
    audit.attempts++;
    machine.pool.dispatch(
      {
        method: request.method ?? 'GET',
        path: target.path,
        headers: requestHeaders(request, { target, requestId, trace: audit.trace }),
        body: hasBody(request) ? request : null,
      },
      this,
    );
  }

  refused(error: SwarmError): void {
    this.#ended = true;
    if (this.#callerLeft) this.#told(CALLER_LEFT);
    else void refuseCall(this.#call, error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#callerLeft) {
      controller.abort(new Error('the caller left'));
      return;
    }
    this.#sent = true;
    const { request, audit } = this.#call;
    // undici reads the body from here on; a listener of ours before that would set it flowing.
    if (audit.captures && hasBody(request)) request.on('data', (chunk) => audit.sent.add(chunk));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 100 || status > 599) throw new Error(BAD_RESPONSE);
    if (status < 200) {
      // They are not passed on, so no slow caller would slow down a flood of them.
      if (++this.#interim > MAX_INTERIM_ANSWERS) throw new Error(BAD_RESPONSE);
      return;
    }
    const { response, audit } = this.#call;
    audit.answerBegun(status, contentOf(headers));
    const replica = this.#machine?.replica ?? 0;
    const { run } = audit.trace;
    response.writeHead(status, responseHeaders(headers, { ...this.#call, replica, run }));
    // Most answers come with a first chunk at once, and one write for both is cheaper.
    process.nextTick(() => {
      if (!this.#bodyBegun && !this.#ended && !response.destroyed) response.flushHeaders();
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { response, audit } = this.#call;
    this.#bodyBegun = true;
    audit.answered.add(chunk);
    if (response.write(chunk) || this.#callerLeft) return;
    controller.pause();
    this.#stalled = setTimeout(() => response.destroy(), this.#machine?.limits.idleTimeoutMs ?? 0);
    response.once('drain', () => {
      clearTimeout(this.#stalled);
      controller.resume();
    });
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    const { response, audit } = this.#call;
    this.#finish({ status: (audit.statusCode ?? 0) < 400 ? 'ok' : 'error' });
    const kept = responseTrailers(trailers);
    if (kept.length > 0) response.addTrailers(kept);
    response.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const machine = this.#machine;
    if (machine === undefined) return;
    if (!this.#sent && !this.#callerLeft && !isOurs(error)) {
      this.#tryAnother(machine, error);
      return;
    }
    if (this.#callerLeft) {
      this.#finish(CALLER_LEFT);
      return;
    }
    const { response, audit } = this.#call;
    const where = { agentName: this.agentName, replica: machine.replica };
    const told = upstreamError(error, where);
    if (response.headersSent) {
      breakOff(this.#call);
    } else {
      audit.statusCode = told.status;
      sendProblem(response, told, this.#call);
    }
    this.#finish({ status: 'error', error: told });
  }

  #tryAnother(machine: MachineCalls, error: Error): void {
    this.#context.connectFailed(machine, error);
    machine.connectFailed(this.#context.nowMs());
    this.tried ??= new Set();
    this.tried.add(machine.machineId);
    this.#machine = undefined;
    this.#dispatched = false;
    this.#call.audit.machine = undefined;
    this.#context.slots.release(machine, this);
    this.#context.slots.request(this);
  }

  /** The machine is done with the call: its slot is free once undici has freed the connection. */
  #finish(how: CallEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#stalled);
    this.#told(how);
    const machine = this.#machine;
    if (machine === undefined) return;
    process.nextTick(() => this.#context.slots.release(machine, this));
  }

  #closed(): void {
    if (this.#ended) return;
    this.#callerLeft = true;
    if (!this.#dispatched) {
      this.#giveBack();
      this.#told(CALLER_LEFT);
    } else if (this.#sent) this.#controller?.abort(new Error('the caller left'));
  }

  /** Ends a call that no machine has seen. */
  #giveBack(): void {
    this.#ended = true;
    const machine = this.#machine;
    if (machine === undefined) this.#context.slots.withdraw(this);
    else this.#context.slots.release(machine, this);
  }

  #told(how: CallEnd): void {
    void this.#call.audit.end(how);
  }
}

function contentOf(headers: IncomingHttpHeaders) {
  const encoding = headers['content-encoding'];
  const type = headers['content-type'];
  return { ...(type !== undefined && { type }), ...(encoding !== undefined && { encoding }) };
}

function ignore(): void {}

function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  if (length !== undefined) return length !== '0';
  return request.headers['transfer-encoding'] !== undefined;
}

/** Errors of what we asked for, not of the connection. */
function isOurs(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED';
}

/** Ends the caller's connection so that the answer cannot be taken for a whole one. */
function breakOff({ request, response }: CallRequest): void {
  // HTTP/1.0 without a length ends with the connection: only a reset tells the difference.
  if (request.httpVersion === '1.0') request.socket.resetAndDestroy();
  else response.destroy();
}
