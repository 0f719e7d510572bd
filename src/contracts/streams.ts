/** Answers that stream: server-sent events with resume, and lines of JSON. */
import { SwarmError } from '../base/errors.ts';
import { sleep } from '../base/wait.ts';
import type { Connection } from './connection.ts';
import { callErrors, readProblem, send } from './http-call.ts';
import { parseServerSentEvents, splitLines } from './server-sent-events.ts';

/** A stream that cannot be taken up again for this long is given up. */
const GIVE_UP_MS = 60_000;
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5_000;
/** The server pings every 15 s; a stream that is silent for three of them is dead. */
const SILENCE_MS = 50_000;
const MAX_LINE_CHARACTERS = 1024 * 1024;

interface FollowOptions<T> {
  readonly path: string;
  readonly isLast: (event: T) => boolean;
  readonly lastEventId?: string;
  readonly signal?: AbortSignal;
}

/**
 * Events of an endpoint until the last one, over as many connections as it takes: each new one
 * tells the server the last id seen. Ends quietly when `signal` fires.
 * @throws what the server refuses with 4xx; the last failure after a minute without success.
 */
export async function* followEvents<T>(
  connection: Connection,
  options: FollowOptions<T>,
): AsyncGenerator<T> {
  let lastEventId = options.lastEventId;
  let failingSince: number | undefined;
  let retryMs = FIRST_RETRY_MS;
  while (options.signal?.aborted !== true) {
    const attempt = new AbortController();
    const signal = AbortSignal.any([attempt.signal, ...(options.signal ? [options.signal] : [])]);
    try {
      const answer = await send(connection, {
        method: 'GET',
        path: options.path,
        headers: {
          accept: 'text/event-stream',
          ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
        },
        signal,
      });
      if (answer.status >= 400) throw await readProblem(answer);
      answer.body.setTimeout(SILENCE_MS, () => answer.body.destroy(new Error('no ping came')));
      for await (const event of parseServerSentEvents(answer.body)) {
        if (event.id !== '') lastEventId = event.id;
        failingSince = undefined;
        retryMs = FIRST_RETRY_MS;
        const data = parseData<T>(event.data);
        yield data;
        if (options.isLast(data)) return;
      }
    } catch (error) {
      if (options.signal?.aborted) return;
      if (error instanceof SwarmError && error.status < 500) throw error;
      failingSince ??= performance.now();
      if (performance.now() - failingSince > GIVE_UP_MS) throw error;
    } finally {
      attempt.abort();
    }
    await sleep(retryMs, undefined, options.signal && { signal: options.signal }).catch(() => 0);
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  }
}

/** Each line of an answer as JSON; empty lines are pings. Ends quietly when `signal` fires. */
export async function* readLines<T>(
  connection: Connection,
  options: { path: string; signal?: AbortSignal },
): AsyncGenerator<T> {
  const attempt = new AbortController();
  const signal = AbortSignal.any([attempt.signal, ...(options.signal ? [options.signal] : [])]);
  try {
    const answer = await send(connection, {
      method: 'GET',
      path: options.path,
      headers: { accept: 'application/x-ndjson' },
      signal,
    });
    if (answer.status >= 400) throw await readProblem(answer);
    for await (const line of splitLines(answer.body, MAX_LINE_CHARACTERS))
      if (line !== '') yield parseData<T>(line);
  } catch (error) {
    if (options.signal?.aborted) return;
    if (error instanceof SwarmError) throw error;
    const message = `The answer to GET ${options.path} broke off.`;
    throw callErrors.swarmd_connection_lost(message, { cause: error });
  } finally {
    attempt.abort();
  }
}

function parseData<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const message = `A message of the stream is not JSON: ${text.slice(0, 100)}`;
    throw callErrors.swarmd_answer_invalid(message, { cause });
  }
}
