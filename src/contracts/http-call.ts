/**
 * One HTTP call to swarmd by node:http: no timeouts of its own (answers may stream for days), no
 * start-up cost, and plain error codes.
 */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { defineErrors, SwarmError } from '../base/errors.ts';
import { type Connection, connectionErrors } from './connection.ts';
import { problem } from './resources.ts';

export const callErrors = defineErrors({
  swarmd_connection_lost: {
    status: 502,
    remedy: 'See swarmd’s log; "swarm doctor" says whether it runs.',
  },
  swarmd_answer_invalid: {
    status: 502,
    remedy: 'Check that SWARM_URL is swarmd’s address and that the CLI has swarmd’s version.',
  },
});

export interface HttpCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: IncomingMessage;
}

/** Sends the call; resolves when the answer's head is here, whatever its status. */
export async function send(connection: Connection, call: HttpCall): Promise<HttpAnswer> {
  call.signal?.throwIfAborted();
  const url = new URL(connection.url + call.path);
  const isStream = call.body instanceof Readable;
  const text = isStream || call.body === undefined ? undefined : JSON.stringify(call.body);
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
    method: call.method,
    agent: false,
    headers: {
      authorization: `Bearer ${connection.token}`,
      accept: 'application/json',
      ...(text !== undefined && {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(text)),
      }),
      ...call.headers,
    },
    ...(call.signal && { signal: call.signal }),
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
  });
  // An answer may come before the body is through (413): then the body's failure means nothing.
  const sent = isStream
    ? pipeline(call.body as Readable, request)
    : Promise.resolve(void request.end(text));
  const failed = sent.then(() => answered);
  try {
    const body = await Promise.race([answered, failed]);
    sent.catch(() => undefined);
    failed.catch(() => undefined);
    return { status: body.statusCode ?? 0, headers: body.headers, body };
  } catch (cause) {
    answered.catch(() => undefined);
    failed.catch(() => undefined);
    throw connectionError(cause, { connection, call });
  }
}

function connectionError(
  cause: unknown,
  { connection, call }: { connection: Connection; call: HttpCall },
): unknown {
  if (call.signal?.aborted) return call.signal.reason;
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EHOSTUNREACH')
    return connectionErrors.swarmd_not_running(`Nothing answers at ${connection.url}.`, { cause });
  const message = cause instanceof Error ? cause.message : String(cause);
  return callErrors.swarmd_connection_lost(
    `The connection to ${connection.url} broke during ${call.method} ${call.path}: ${message}`,
    { cause },
  );
}

const MAX_JSON_BYTES = 64 * 1024 * 1024;

export async function readBody(answer: HttpAnswer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_JSON_BYTES) throw new Error(`more than ${MAX_JSON_BYTES} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    const message = `The answer broke off: ${cause instanceof Error ? cause.message : cause}`;
    throw callErrors.swarmd_connection_lost(message, { cause });
  }
  return Buffer.concat(chunks);
}

/** The answer's JSON. @throws SwarmError with the server's code, detail and remedy */
export async function readJson(answer: HttpAnswer): Promise<unknown> {
  if (answer.status >= 400) throw await readProblem(answer);
  const text = (await readBody(answer)).toString('utf8');
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `The answer (${answer.status}) is not JSON: ${text.slice(0, 100)}`;
    throw callErrors.swarmd_answer_invalid(message, { cause });
  }
}

/** The server's error as one of ours: same code, message, remedy and details. */
export async function readProblem(answer: HttpAnswer): Promise<SwarmError> {
  const text = (await readBody(answer)).toString('utf8');
  const parsed = problem.safeParse(tryJson(text));
  if (!parsed.success)
    return callErrors.swarmd_answer_invalid(
      `The answer was ${answer.status} without a problem in it: ${text.slice(0, 200)}`,
    );
  const { code, status, remedy, detail, details, requestId } = parsed.data;
  return new SwarmError(code, { status, remedy }, detail, {
    details: { ...details, ...(requestId !== undefined && { requestId }) },
  });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
