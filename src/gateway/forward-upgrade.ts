/**
 * One upgraded connection (WebSocket or any other protocol): waits for a slot, passes the
 * handshake on, then pipes raw bytes both ways. It counts as in flight until both sides are done.
 *
 * The answer is parsed before anything is piped: when the agent says no, its answer is passed on
 * and the connection closed, so that a caller's next request cannot slip past the gateway.
 *
 * No machine is connected to before the log has the intent; its end is written with the close.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SwarmError } from '../base/errors.ts';
import type { CallAudit, CallEnd } from './call-audit.ts';
import type { SlotCaller } from './call-slots.ts';
import { gatewayErrors } from './errors.ts';
import type { CallContext } from './forward-call.ts';
import { requestHeaders, responseHeaders } from './forwarded-headers.ts';
import type { MachineCalls, RunningCall } from './machine-calls.ts';
import type { AgentTarget } from './match-agent.ts';
import { endWithProblem, refuseUpgrade } from './refuse-call.ts';
import { BAD_RESPONSE, MAX_INTERIM_ANSWERS, upstreamError } from './upstream-error.ts';

export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What the caller sent behind the request's head. */
  readonly head: Buffer;
  readonly target: AgentTarget;
  readonly requestId: string;
  readonly audit: CallAudit;
  /** The dashboard made it. */
  readonly bySession: boolean;
}

/**
 * What node:http's `shouldUpgradeCallback` wants to know. An offer of h2c comes with ordinary
 * requests of some clients; a server that ignores it answers them in HTTP/1.1.
 */
export function shouldUpgrade(request: IncomingMessage): boolean {
  return !/\bh2c\b/i.test(request.headers.upgrade ?? '');
}

export class ForwardedUpgrade implements SlotCaller {
  readonly agentName: string;
  readonly trace: RunningCall;
  tried: Set<string> | undefined;
  readonly #context: CallContext;
  readonly #call: UpgradeRequest;
  #machine: MachineCalls | undefined;
  #upstream: Socket | undefined;
  #handshake: ClientRequest | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The log knows of it. */
  #durable = false;
  #sent = false;
  /** What the connection to the machine had carried when the handshake was over. */
  #handshakeBytes = { in: 0, out: 0 };
  #joinedOnce = false;
  #end: CallEnd | undefined;
  #answered = false;
  #ended = false;

  constructor(context: CallContext, call: UpgradeRequest) {
    this.agentName = call.target.agentName;
    this.trace = call.audit.trace;
    this.#context = context;
    this.#call = call;
  }

  start(): void {
    const { request, socket } = this.#call;
    socket.on('error', () => undefined); // 'close' follows, and ends the call.
    socket.on('close', () => this.#finish());
    if (Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'])
      this.refused(gatewayErrors.invalid_call('A request to upgrade has no body.'));
    else this.#context.slots.request(this);
    if (this.#answered || this.#ended) return;
    this.#call.audit.begin({
      durable: () => {
        this.#durable = true;
        if (this.#machine !== undefined && !this.#ended) this.#connect(this.#machine);
      },
      refused: (error) => {
        if (this.#ended) return;
        this.#end = { status: 'refused', error };
        this.#answerRefusal(error);
      },
    });
  }

  granted(machine: MachineCalls): void {
    this.#machine = machine;
    this.#sent = false;
    if (this.#ended) this.#release(machine);
    else if (this.#durable) this.#connect(machine);
  }

  #connect(machine: MachineCalls): void {
    const { request, target, requestId, audit } = this.#call;
    audit.machine = machine;
    audit.attempts++;
    const upstream = connect({ host: machine.host, port: machine.port, allowHalfOpen: true });
    upstream.setNoDelay(true);
    this.#upstream = upstream;
    this.#limit(machine.limits.connectTimeoutMs, () =>
      upstream.destroy(new Error('connecting took too long')),
    );
    upstream.once('connect', () => {
      this.#sent = true;
      this.#limit(machine.limits.firstByteTimeoutMs, () => {
        const timeout = Object.assign(new Error('no answer'), { code: 'UND_ERR_HEADERS_TIMEOUT' });
        upstream.destroy(timeout);
      });
    });
    const handshake = httpRequest({
      method: request.method ?? 'GET',
      path: target.path,
      headers: [
        ...requestHeaders(request, { target, requestId, trace: audit.trace }),
        ...['Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? ''],
      ],
      maxHeaderSize: machine.limits.maxHeaderBytes,
      createConnection: () => upstream,
    });
    this.#handshake = handshake;
    handshake.on('error', (error) => this.#failed(machine, error));
    let interim = 0;
    handshake.on('information', () => {
      if (++interim > MAX_INTERIM_ANSWERS) handshake.destroy(new Error(BAD_RESPONSE));
    });
    handshake.on('response', (answer) => {
      const { statusCode = 0 } = answer;
      if (statusCode >= 200 && statusCode <= 599) return this.#declined(machine, answer);
      this.#failed(machine, new Error(BAD_RESPONSE));
      handshake.destroy();
    });
    handshake.on('upgrade', (answer, _socket, head) => this.#joined({ machine, answer, head }));
    handshake.end();
  }

  refused(error: SwarmError): void {
    this.#answered = true;
    this.#end ??= { status: 'refused', error };
    if (!this.#ended) void refuseUpgrade(this.#call, error);
  }

  #answerRefusal(error: SwarmError): void {
    this.#answered = true;
    endWithProblem(this.#call, error);
  }

  #failed(machine: MachineCalls, error: Error): void {
    if (this.#ended) return;
    if (this.#answered) {
      this.#breakOff();
    } else if (!this.#sent && !isArgument(error)) {
      this.#context.connectFailed(machine, error);
      machine.connectFailed(this.#context.nowMs());
      this.tried ??= new Set();
      this.tried.add(machine.machineId);
      this.#machine = undefined;
      this.#call.audit.machine = undefined;
      clearTimeout(this.#timer);
      this.#context.slots.release(machine, this);
      this.#context.slots.request(this);
    } else {
      const where = { agentName: this.agentName, replica: machine.replica };
      const told = upstreamError(error, where);
      this.#call.audit.statusCode = told.status;
      this.#end = { status: 'error', error: told };
      this.#answerRefusal(told);
    }
  }

  /** An answer other than 101: the connection ends with it. */
  #declined(machine: MachineCalls, answer: IncomingMessage): void {
    const { socket, audit } = this.#call;
    this.#answered = true;
    this.#watchIdle(machine);
    audit.answerBegun(answer.statusCode ?? 0);
    answer.once('end', () => {
      this.#end = { status: (answer.statusCode ?? 0) < 400 ? 'ok' : 'error' };
    });
    socket.write(this.#head(machine, answer, ['Connection', 'close']), 'latin1');
    answer.on('aborted', () => this.#breakOff());
    answer.on('error', () => this.#breakOff());
    answer.pipe(socket);
    socket.once('finish', () => socket.destroy());
  }

  #joined(by: { machine: MachineCalls; answer: IncomingMessage; head: Buffer }): void {
    const { socket, head, audit } = this.#call;
    const upstream = this.#upstream;
    if (upstream === undefined) return;
    this.#answered = true;
    this.#joinedOnce = true;
    audit.answerBegun(101);
    this.#handshakeBytes = { in: upstream.bytesWritten, out: upstream.bytesRead - by.head.length };
    this.#watchIdle(by.machine);
    const { upgrade } = by.answer.headers;
    socket.write(
      this.#head(by.machine, by.answer, ['Connection', 'Upgrade', 'Upgrade', upgrade ?? '']),
      'latin1',
    );
    if (by.head.length > 0) socket.write(by.head);
    if (head.length > 0) upstream.write(head);
    upstream.on('error', () => this.#breakOff());
    upstream.on('close', () => socket.destroy());
    socket.pipe(upstream);
    upstream.pipe(socket);
  }

  #head(machine: MachineCalls, answer: IncomingMessage, connection: string[]): string {
    const { run } = this.#call.audit.trace;
    const { replica } = machine;
    const headers = responseHeaders(answer.headers, { ...this.#call, replica, run });
    headers.push(...connection);
    let text = `HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}\r\n`;
    for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
    return `${text}\r\n`;
  }

  #limit(ms: number, onTimeout: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(onTimeout, ms);
  }

  /** Bytes in either direction pass the upstream socket, so its idle time is the connection's. */
  #watchIdle(machine: MachineCalls): void {
    clearTimeout(this.#timer);
    this.#upstream?.setTimeout(machine.limits.idleTimeoutMs, () => this.#breakOff());
  }

  /** The machine broke off: the caller must not take what it has for the whole. */
  #breakOff(): void {
    const { socket } = this.#call;
    this.#end ??= { status: 'error', error: BROKEN_OFF };
    if (socket instanceof Socket) socket.resetAndDestroy();
    else socket.destroy();
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#tellEnd();
    this.#handshake?.destroy();
    this.#upstream?.destroy();
    const machine = this.#machine;
    if (machine === undefined) this.#context.slots.withdraw(this);
    else this.#release(machine);
  }

  /** A connection that was joined ends well when either side closes it. */
  #tellEnd(): void {
    const { audit } = this.#call;
    const upstream = this.#upstream;
    const joined = this.#joinedOnce && upstream !== undefined;
    audit.bytes = {
      in: joined ? Math.max(0, upstream.bytesWritten - this.#handshakeBytes.in) : 0,
      out: joined ? Math.max(0, upstream.bytesRead - this.#handshakeBytes.out) : 0,
    };
    const ended: CallEnd = joined ? { status: 'ok' } : { status: 'error', error: CALLER_LEFT };
    void audit.end(this.#end ?? ended);
  }

  #release(machine: MachineCalls): void {
    process.nextTick(() => this.#context.slots.release(machine, this));
  }
}

const BROKEN_OFF = {
  code: 'agent_closed_connection',
  message: 'The connection was reset, or idle for too long.',
};
const CALLER_LEFT = { code: 'caller_left', message: 'The caller left before it had an answer.' };

/** node:http refuses what we asked for, before it connects. */
function isArgument(error: Error): boolean {
  return ((error as NodeJS.ErrnoException).code ?? '').startsWith('ERR_');
}
