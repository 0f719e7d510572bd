/** A command in a machine, over the API's WebSocket: EXEC_FRAME types, one frame a message. */
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { SwarmError } from '../base/errors.ts';
import type { Connection } from './connection.ts';
import { EXEC_FRAME, guestError } from './guest.ts';
import { callErrors, readProblem } from './http-call.ts';
import type { ExecStart } from './requests.ts';
import { problem } from './resources.ts';

export type ExecOutput =
  | { readonly type: 'stdout' | 'stderr'; readonly data: Buffer }
  /** The last one. */
  | { readonly type: 'exit'; readonly exitCode: number | null; readonly signal: string | null };

export interface ExecSession {
  /** Output as it comes; ends after `exit`. @throws when the command cannot start, or the link breaks. */
  readonly output: AsyncIterable<ExecOutput>;
  /** Resolves when the socket has taken it: await it, so that a slow command slows its writer. */
  write(data: Buffer): Promise<void>;
  endInput(): void;
  resize(size: { columns: number; rows: number }): void;
  signal(name: string): void;
  close(): void;
}

const MAX_FRAME_BYTES = 64 * 1024;
/** Beyond this much unread output the socket is paused. */
const MAX_QUEUED_BYTES = 1024 * 1024;

/** Opens the session; resolves when the server has accepted it. */
export async function openExec(
  connection: Connection,
  options: { path: string; start: ExecStart },
): Promise<ExecSession> {
  const { WebSocket } = await import('ws');
  const url = `${connection.url.replace(/^http/, 'ws')}${options.path}`;
  const socket = new WebSocket(url, {
    headers: { authorization: `Bearer ${connection.token}` },
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES + 1,
    handshakeTimeout: 30_000,
  });
  const output = readOutput(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', (cause) => {
      const message = `The exec session could not be opened: ${cause.message}`;
      reject(callErrors.swarmd_connection_lost(message, { cause }));
    });
    socket.once('unexpected-response', (_request, answer: IncomingMessage) => {
      readProblem({ status: answer.statusCode ?? 0, headers: answer.headers, body: answer }).then(
        reject,
        reject,
      );
    });
  });
  socket.send(JSON.stringify(options.start));
  const frame = (type: number, data: Buffer | object) => {
    const payload = Buffer.isBuffer(data) ? data : Buffer.from(JSON.stringify(data));
    return Buffer.concat([Buffer.of(type), payload]);
  };
  const sendFrame = (bytes: Buffer) => {
    if (socket.readyState === socket.OPEN) socket.send(bytes);
  };
  return {
    output,
    async write(data) {
      for (let at = 0; at < data.length; at += MAX_FRAME_BYTES) {
        const bytes = frame(EXEC_FRAME.stdin, data.subarray(at, at + MAX_FRAME_BYTES));
        if (socket.readyState !== socket.OPEN) return;
        await new Promise<void>((resolve) => socket.send(bytes, () => resolve()));
      }
    },
    endInput: () => sendFrame(frame(EXEC_FRAME.stdinEnd, Buffer.alloc(0))),
    resize: (size) => sendFrame(frame(EXEC_FRAME.resize, size)),
    signal: (name) => sendFrame(frame(EXEC_FRAME.signal, { signal: name })),
    close: () => socket.close(),
  };
}

/** Queues messages from the first moment, so that none is lost before somebody reads. */
function readOutput(socket: WebSocket): AsyncIterable<ExecOutput> {
  const queue: Buffer[] = [];
  let queuedBytes = 0;
  let closed: { code: number; reason: string } | undefined;
  let wake: () => void = () => undefined;
  socket.on('message', (data: Buffer) => {
    queue.push(data);
    queuedBytes += data.length;
    if (queuedBytes > MAX_QUEUED_BYTES) socket.pause();
    wake();
  });
  socket.on('error', () => undefined); // `close` follows.
  socket.on('close', (code, reason) => {
    closed = { code, reason: reason.toString('utf8') };
    wake();
  });
  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const message = queue.shift();
        if (message === undefined) {
          if (closed !== undefined) throw lost(closed);
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        queuedBytes -= message.length;
        if (queuedBytes <= MAX_QUEUED_BYTES && socket.isPaused) socket.resume();
        const decoded = decode(message);
        if (decoded !== undefined) yield decoded;
        if (decoded?.type === 'exit') return;
      }
    },
  };
}

function lost(closed: { code: number; reason: string }) {
  return callErrors.swarmd_connection_lost(
    `The exec session ended without an exit code (${closed.code} ${closed.reason}).`,
  );
}

function decode(message: Buffer): ExecOutput | undefined {
  const payload = message.subarray(1);
  switch (message[0]) {
    case EXEC_FRAME.stdout:
      return { type: 'stdout', data: payload };
    case EXEC_FRAME.stderr:
      return { type: 'stderr', data: payload };
    case EXEC_FRAME.exit: {
      const { exitCode, signal } = JSON.parse(payload.toString('utf8'));
      return { type: 'exit', exitCode: exitCode ?? null, signal: signal ?? null };
    }
    case EXEC_FRAME.error:
      throw startError(JSON.parse(payload.toString('utf8')));
    default:
      return undefined;
  }
}

/** The server's problem, or guestd's own words. */
function startError(body: unknown): Error {
  const ours = problem.safeParse(body);
  if (ours.success) {
    const { code, status, remedy, detail } = ours.data;
    return new SwarmError(code, { status, remedy }, detail);
  }
  const theirs = guestError.safeParse(body);
  const message = theirs.success ? theirs.data.error.message : 'The command could not start.';
  return callErrors.swarmd_answer_invalid(message);
}
