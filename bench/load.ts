/**
 * A load generator on raw sockets, so that it costs far less than what it measures: prepared
 * request bytes out, answers recognised by their framing. Bounded in calls and in time. It reads
 * answers of servers that are benchmarked, not of hostile ones.
 */
import { connect, type Socket } from 'node:net';
import { percentile } from './statistics.ts';

export interface LoadOptions {
  readonly host: string;
  readonly port: number;
  /** Whole requests, head and body; made for each call, they must stay as they are until answered. */
  readonly requestBytes: Buffer | ((call: number) => Buffer);
  readonly connections: number;
  /** Calls to make; the first `warmUp` are not counted. */
  readonly calls: number;
  readonly warmUp: number;
  /**
   * Calls a second, evenly spaced; latency then counts from the time a call was due, so that a
   * slow answer is not hidden by the calls it held up. Without it: as fast as answers come.
   */
  readonly ratePerSecond?: number;
  readonly timeoutMs: number;
  /** How a connection is opened, until it is ready for requests. Default: TCP. */
  readonly dial?: () => Promise<Socket>;
}

export interface LoadResult {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly callsPerSecond: number;
  readonly failures: number;
  readonly calls: number;
}

interface Connection {
  readonly socket: Socket;
  /** Due time of the call under way; NaN: none. */
  dueMs: number;
  received: Buffer | undefined;
}

export function load(options: LoadOptions): Promise<LoadResult> {
  return new Promise((resolve, reject) => new LoadRun(options, resolve, reject).start());
}

class LoadRun {
  readonly #options: LoadOptions;
  readonly #resolve: (result: LoadResult) => void;
  readonly #reject: (error: Error) => void;
  readonly #latenciesMs: Float64Array;
  readonly #idle: Connection[] = [];
  readonly #all = new Set<Connection>();
  /** Due times of calls whose connection was closed before an answer. */
  readonly #again: number[] = [];
  readonly #interval: number;
  #started = 0;
  #finished = 0;
  #measured = 0;
  #failures = 0;
  #reopened = 0;
  #stopped = false;
  #firstMs = 0;
  #measureFromMs = 0;
  #ticker: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(
    options: LoadOptions,
    resolve: (result: LoadResult) => void,
    reject: (error: Error) => void,
  ) {
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#latenciesMs = new Float64Array(options.calls);
    this.#interval = options.ratePerSecond === undefined ? 0 : 1_000 / options.ratePerSecond;
  }

  start(): void {
    const { connections, timeoutMs } = this.#options;
    this.#deadline = setTimeout(
      () => this.#stop(new Error(`the load did not end in ${timeoutMs} ms`)),
      timeoutMs,
    );
    for (let i = 0; i < connections; i++) this.#connect();
  }

  #connect(): void {
    const { dial } = this.#options;
    if (dial === undefined) {
      const socket = connect(this.#options.port, this.#options.host);
      this.#opened(socket, 'connect');
      return;
    }
    dial().then(
      (socket) => {
        if (this.#stopped) socket.destroy();
        else this.#opened(socket, undefined);
      },
      (error: Error) => this.#stop(error),
    );
  }

  #opened(socket: Socket, readyEvent: 'connect' | undefined): void {
    socket.setNoDelay(true);
    const connection: Connection = { socket, dueMs: Number.NaN, received: undefined };
    this.#all.add(connection);
    socket.on('data', (chunk: Buffer) => this.#received(connection, chunk));
    socket.on('error', (error) => this.#stop(error));
    socket.on('close', () => this.#closed(connection));
    if (readyEvent === undefined) this.#ready(connection);
    else socket.on(readyEvent, () => this.#ready(connection));
  }

  #ready(connection: Connection): void {
    this.#idle.push(connection);
    if (this.#started > 0) this.#dispatch();
    else if (this.#idle.length === this.#options.connections) this.#begin();
  }

  /**
   * Servers close connections that wait, sometimes just when a call is sent: it is sent again on
   * another one, and its latency counts from when it was due. An answer must not break off.
   */
  #closed(connection: Connection): void {
    const { host, port, calls, connections } = this.#options;
    const at = this.#idle.indexOf(connection);
    if (connection.received === undefined && ++this.#reopened <= 2 * connections) {
      if (at !== -1) this.#idle.splice(at, 1);
      else if (!Number.isNaN(connection.dueMs)) this.#again.push(connection.dueMs);
      this.#all.delete(connection);
      this.#connect();
      return;
    }
    const when = `after ${this.#finished} of ${calls} calls`;
    this.#stop(new Error(`${host}:${port} closed a connection ${when}`));
  }

  #begin(): void {
    this.#firstMs = performance.now();
    this.#measureFromMs = this.#firstMs;
    if (this.#interval > 0) this.#ticker = setInterval(() => this.#dispatch(), 1);
    this.#dispatch();
  }

  /** Starts all calls that are due and have a connection. */
  #dispatch(): void {
    for (;;) {
      const [lost] = this.#again;
      if (lost === undefined && this.#started >= this.#options.calls) return;
      const now = performance.now();
      const next = this.#interval > 0 ? this.#firstMs + this.#started * this.#interval : now;
      const due = lost ?? next;
      if (due > now) return;
      const connection = this.#idle.shift();
      if (connection === undefined) return;
      if (lost === undefined) this.#started++;
      else this.#again.shift();
      connection.dueMs = due;
      const { requestBytes } = this.#options;
      connection.socket.write(
        typeof requestBytes === 'function' ? requestBytes(this.#started - 1) : requestBytes,
      );
    }
  }

  #received(connection: Connection, chunk: Buffer): void {
    const { received } = connection;
    const bytes = received === undefined ? chunk : Buffer.concat([received, chunk]);
    const headEnd = bytes.indexOf('\r\n\r\n');
    if (headEnd === -1) {
      connection.received = bytes;
      return;
    }
    if (!isWhole(bytes, headEnd)) {
      connection.received = bytes;
      return;
    }
    connection.received = undefined;
    // "HTTP/1.1 2"
    this.#done(connection, bytes[9] === 0x32);
  }

  #done(connection: Connection, ok: boolean): void {
    const now = performance.now();
    if (!ok) this.#failures++;
    this.#finished++;
    if (this.#finished === this.#options.warmUp) this.#measureFromMs = now;
    if (this.#finished > this.#options.warmUp)
      this.#latenciesMs[this.#measured++] = now - connection.dueMs;
    connection.dueMs = Number.NaN;
    this.#idle.push(connection);
    if (this.#finished === this.#options.calls) this.#stop();
    else this.#dispatch();
  }

  #stop(error?: Error): void {
    this.#stopped = true;
    clearTimeout(this.#deadline);
    clearInterval(this.#ticker);
    for (const { socket } of this.#all) {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.destroy();
    }
    if (error !== undefined) {
      this.#reject(error);
      return;
    }
    const seconds = (performance.now() - this.#measureFromMs) / 1_000;
    const sorted = this.#latenciesMs.subarray(0, this.#measured).sort();
    this.#resolve({
      p50Ms: percentile(sorted, 0.5),
      p99Ms: percentile(sorted, 0.99),
      callsPerSecond: this.#measured / seconds,
      failures: this.#failures,
      calls: this.#measured,
    });
  }
}

/** Whether the answer, whose head ends at `headEnd`, is all there. */
function isWhole(bytes: Buffer, headEnd: number): boolean {
  const head = bytes.toString('latin1', 0, headEnd);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) return bytes.length >= headEnd + 4 + Number(length);
  return bytes.subarray(-5).toString('latin1') === '0\r\n\r\n';
}
