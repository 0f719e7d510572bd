/**
 * One upgraded connection (WebSocket or any other protocol): waits for a slot, passes the
 * handshake on, then pipes raw bytes both ways. It counts as in flight until both sides are done.
 *
 * The answer is parsed before anything is piped: when the agent says no, its answer is passed on
 * and the connection closed, so that a caller's next request cannot slip past the gateway.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SwarmError } from '../base/errors.ts';
import type { SlotCaller } from './call-slots.ts';
import { gatewayErrors } from './errors.ts';
import type { CallContext } from './forward-call.ts';
import { requestHeaders, responseHeaders } from './forwarded-headers.ts';
import type { MachineCalls } from './machine-calls.ts';
import type { AgentTarget } from './match-agent.ts';
import { problemHead } from './problem-response.ts';
import { BAD_RESPONSE, MAX_INTERIM_ANSWERS, upstreamError } from './upstream-error.ts';

export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What the caller sent behind the request's head. */
  readonly head: Buffer;
  readonly target: AgentTarget;
  readonly requestId: string;
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
  tried: Set<string> | undefined;
  readonly #context: CallContext;
  readonly #call: UpgradeRequest;
  #machine: MachineCalls | undefined;
  #upstream: Socket | undefined;
  #handshake: ClientRequest | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sent = false;
  #answered = false;
  #ended = false;

  constructor(context: CallContext, call: UpgradeRequest) {
    this.agentName = call.target.agentName;
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
  }

  granted(machine: MachineCalls): void {
    this.#machine = machine;
    this.#sent = false;
    if (this.#ended) {
      this.#release(machine);
      return;
    }
    const { request, target, requestId } = this.#call;
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
        ...requestHeaders(request, { target, requestId }),
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
    const { socket, requestId } = this.#call;
    this.#answered = true;
    if (socket.writable) socket.end(problemHead(error, requestId));
    // The caller may never close its side.
    socket.once('finish', () => socket.destroy());
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
      clearTimeout(this.#timer);
      this.#context.slots.release(machine, this.agentName);
      this.#context.slots.request(this);
    } else {
      const where = { agentName: this.agentName, replica: machine.replica };
      this.refused(upstreamError(error, where));
    }
  }

  /** An answer other than 101: the connection ends with it. */
  #declined(machine: MachineCalls, answer: IncomingMessage): void {
    const { socket } = this.#call;
    this.#answered = true;
    this.#watchIdle(machine);
    socket.write(this.#head(machine, answer, ['Connection', 'close']), 'latin1');
    answer.on('aborted', () => this.#breakOff());
    answer.on('error', () => this.#breakOff());
    answer.pipe(socket);
    socket.once('finish', () => socket.destroy());
  }

  #joined(by: { machine: MachineCalls; answer: IncomingMessage; head: Buffer }): void {
    const { socket, head } = this.#call;
    const upstream = this.#upstream;
    if (upstream === undefined) return;
    this.#answered = true;
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
    const { requestId } = this.#call;
    const headers = responseHeaders(answer.headers, { requestId, replica: machine.replica });
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
    if (socket instanceof Socket) socket.resetAndDestroy();
    else socket.destroy();
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#handshake?.destroy();
    this.#upstream?.destroy();
    const machine = this.#machine;
    if (machine === undefined) this.#context.slots.withdraw(this);
    else this.#release(machine);
  }

  #release(machine: MachineCalls): void {
    process.nextTick(() => this.#context.slots.release(machine, this.agentName));
  }
}

/** node:http refuses what we asked for, before it connects. */
function isArgument(error: Error): boolean {
  return ((error as NodeJS.ErrnoException).code ?? '').startsWith('ERR_');
}
