/** A command in a machine over a WebSocket: the caller's messages and guestd's frames, both ways. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { SwarmError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Actor } from '../contracts/actor.ts';
import { EXEC_FRAME, type GuestExecSpec } from '../contracts/guest.ts';
import { execStart } from '../contracts/requests.ts';
import { formatIssue, validate } from '../contracts/validate.ts';
import type { ApiParts } from './api-parts.ts';
import type { Attempt } from './attempt.ts';
import { apiErrors } from './errors.ts';
import { commandFacts, type ExecEnd, endExec } from './exec-audit.ts';
import { encodeFrame, readFrames } from './exec-frames.ts';
import { problemOf } from './problem.ts';

const START_TIMEOUT_MS = 10_000;
/** Output that the caller has not read beyond this stops the reading of more. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** How often a caller whose input waits is looked after. */
const PAUSED_PING_MS = 1_000;
const FROM_CALLER: readonly number[] = [
  EXEC_FRAME.stdin,
  EXEC_FRAME.resize,
  EXEC_FRAME.stdinEnd,
  EXEC_FRAME.signal,
];

interface ExecOptions {
  readonly actor: Actor;
  readonly agent: string;
  readonly requestId: string;
  readonly log: Logger;
  readonly parts: Pick<ApiParts, 'fleet' | 'machines'>;
  readonly attempt: Attempt;
}

/** Runs the session to its end; what fails is told in a last `error` frame. */
export async function serveExec(socket: WebSocket, options: ExecOptions): Promise<void> {
  socket.on('error', () => undefined); // `close` follows.
  const { attempt } = options;
  let stream: Duplex | undefined;
  try {
    const { text: first, early } = await firstMessage(socket);
    const { machineId, spec } = await chooseCommand(first, options);
    attempt.tell(commandFacts(spec, { agent: options.agent, machineId }));
    await attempt.begin();
    stream = await options.parts.machines.exec(machineId, spec);
    if (socket.readyState !== socket.OPEN)
      return await endExec(attempt, { end: undefined, bytesOut: 0 });
    relayInput(socket, { stream, early });
    await endExec(attempt, await relayOutput(socket, stream));
    socket.close(1000);
  } catch (error) {
    if (socket.readyState === socket.OPEN || error instanceof SwarmError)
      await attempt.ended(error);
    else await endExec(attempt, { end: undefined, bytesOut: 0 });
    const problem = problemOf(error, options.requestId);
    if (problem.code === 'internal_error') options.log.error({ err: error }, 'exec failed');
    if (socket.readyState === socket.OPEN)
      socket.send(
        Buffer.concat([Buffer.of(EXEC_FRAME.error), Buffer.from(JSON.stringify(problem))]),
      );
    socket.resume();
    socket.close(1000);
  } finally {
    stream?.destroy();
  }
}

interface Message {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** What came in one piece with the first message, and was read with it. */
interface Early {
  /** Gives what there is; from here on messages are the caller's. */
  take(): readonly Message[];
}

/** The socket is paused then, until the command runs: what the caller sends meanwhile waits in it. */
function firstMessage(socket: WebSocket): Promise<{ text: string; early: Early }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(apiErrors.exec_start_invalid('No command came within 10 s.')),
      START_TIMEOUT_MS,
    );
    socket.once('message', (data, isBinary) => {
      clearTimeout(timer);
      socket.pause();
      const early = keepMessages(socket);
      if (isBinary) reject(apiErrors.exec_start_invalid('The first message is not text.'));
      else resolve({ text: data.toString(), early });
    });
    socket.once('close', () => {
      clearTimeout(timer);
      reject(apiErrors.exec_start_invalid('The caller went away.'));
    });
  });
}

function keepMessages(socket: WebSocket): Early {
  const kept: Message[] = [];
  const keep = (data: Buffer, isBinary: boolean) => kept.push({ data, isBinary });
  socket.on('message', keep);
  return {
    take() {
      socket.off('message', keep);
      return kept;
    },
  };
}

async function chooseCommand(
  text: string,
  { parts, actor, agent }: ExecOptions,
): Promise<{ machineId: string; spec: GuestExecSpec }> {
  const result = validate(execStart, parseJson(text));
  if (!result.ok)
    throw apiErrors.exec_start_invalid(
      `The first message: ${result.issues.map(formatIssue).join('; ')}`,
    );
  const start = result.value;
  const { machineId, process } = await parts.fleet.pickMachine(actor, {
    agent,
    ...(start.replica !== undefined && { replica: start.replica }),
  });
  return {
    machineId,
    spec: {
      argv: start.argv,
      env: { ...process.env, ...(start.tty && { TERM: 'xterm-256color' }), ...start.env },
      cwd: start.cwd ?? process.cwd,
      user: start.user ?? process.user,
      tty: start.tty,
      ...(start.columns !== undefined && { columns: start.columns }),
      ...(start.rows !== undefined && { rows: start.rows }),
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw apiErrors.exec_start_invalid('The first message is not JSON.');
  }
}

function relayInput(socket: WebSocket, { stream, early }: { stream: Duplex; early: Early }): void {
  const relay = ({ data, isBinary }: Message) => {
    const type = data[0];
    if (!isBinary || type === undefined || !FROM_CALLER.includes(type)) {
      socket.close(1008, 'not a frame that a caller may send');
      return;
    }
    if (stream.write(encodeFrame(type, data.subarray(1))) || socket.isPaused) return;
    pauseUntilDrained(socket, stream);
  };
  for (const message of early.take()) relay(message);
  socket.on('message', (data: Buffer, isBinary: boolean) => relay({ data, isBinary }));
  // The caller is gone: guestd kills the command.
  socket.on('close', () => endInput(stream));
  socket.resume();
}

/** A paused socket does not tell that its caller is gone. Writing to it does. */
function pauseUntilDrained(socket: WebSocket, stream: Duplex): void {
  socket.pause();
  const looking = setInterval(() => socket.ping(), PAUSED_PING_MS);
  const done = () => {
    clearInterval(looking);
    socket.off('close', done);
    stream.off('drain', done);
    if (socket.readyState === socket.OPEN) socket.resume();
  };
  stream.once('drain', done);
  socket.once('close', done);
}

/** Input that the command does not read would keep an orderly end from ever reaching guestd. */
function endInput(stream: Duplex): void {
  if (stream instanceof Socket && stream.writableNeedDrain) stream.resetAndDestroy();
  else stream.destroy();
}

async function relayOutput(
  socket: WebSocket,
  stream: Duplex,
): Promise<{ end: ExecEnd | undefined; bytesOut: number }> {
  let bytesOut = 0;
  for await (const { type, payload } of readFrames(stream)) {
    if (socket.readyState !== socket.OPEN) break;
    bytesOut += payload.length;
    const message = Buffer.concat([Buffer.of(type), payload]);
    const sent = new Promise<void>((resolve) => socket.send(message, () => resolve()));
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) await sent;
    if (type === EXEC_FRAME.exit || type === EXEC_FRAME.error) {
      await sent;
      return { end: { type, payload }, bytesOut };
    }
  }
  return { end: undefined, bytesOut };
}
