/** Answers that the proxy gives itself. */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { SwarmError } from '../../base/errors.ts';
import type { RefusalAnswer } from '../metering/metering.ts';

const DOCS = 'docs/guides/egress.md';
/** What a sender may still send, after it was answered, so that it reads the answer. */
const MAX_DRAINED_BYTES = 4 * 1024 * 1024;
const DRAIN_MS = 3_000;

/** `{error: {code, message, rule?, host?, docs}}`. */
export function answerOf(error: SwarmError): RefusalAnswer {
  const { code, message, remedy, details } = error;
  const body = Buffer.from(
    JSON.stringify({ error: { code, message, remedy, ...details, docs: DOCS } }),
  );
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'content-length': String(body.length) },
    body,
  };
}

/** Ends a response; a request that is not read to its end costs its connection, after a moment. */
export function sendAnswer(response: ServerResponse, answer: RefusalAnswer): void {
  const { req: request } = response;
  const { socket } = request;
  const whole = request.complete;
  if (!whole) response.setHeader('Connection', 'close');
  response.writeHead(answer.status, answer.headers);
  if (whole) {
    response.end(answer.body);
    return;
  }
  let drained = 0;
  const timer = setTimeout(() => socket.destroy(), DRAIN_MS).unref();
  request.on('error', () => undefined);
  request.on('data', (chunk: Buffer) => {
    drained += chunk.length;
    if (drained > MAX_DRAINED_BYTES) socket.destroy();
  });
  request.on('close', () => clearTimeout(timer));
  response.end(answer.body);
}

/** On a connection that has no response object any more: CONNECT, Upgrade, what is not HTTP. */
export function endWithAnswer(stream: Duplex, answer: RefusalAnswer): void {
  if (stream.destroyed || !stream.writable) {
    stream.destroy();
    return;
  }
  const reason = answer.status === 400 ? 'Bad Request' : 'Refused';
  let head = `HTTP/1.1 ${answer.status} ${reason}\r\nconnection: close\r\n`;
  for (const [name, value] of Object.entries(answer.headers)) head += `${name}: ${value}\r\n`;
  stream.end(Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), answer.body]));
  stream.resume();
  const timer = setTimeout(() => stream.destroy(), DRAIN_MS).unref();
  stream.on('close', () => clearTimeout(timer));
}
