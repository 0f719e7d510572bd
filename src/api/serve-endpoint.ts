/** Serves one request to one endpoint: authorise, read, validate, act, answer. */
import type { IncomingMessage } from 'node:http';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Caller } from '../access/access.ts';
import type { Logger } from '../base/logger.ts';
import { formatIssue, validate } from '../contracts/validate.ts';
import type { ApiParts } from './api-parts.ts';
import { Attempt } from './attempt.ts';
import type { Asked, Call, Endpoint, Reply, StreamItem, Told } from './endpoint.ts';
import { apiErrors } from './errors.ts';
import { type Answer, once } from './idempotency.ts';
import { readJsonBody } from './read-body.ts';
import { sendContent } from './send-content.ts';
import { formatEvent, formatLine, streamReply } from './stream-reply.ts';

export interface RequestContext {
  readonly requestId: string;
  readonly log: Logger;
}

interface Serving {
  readonly request: Request;
  readonly response: Response;
  readonly parts: ApiParts;
  readonly stopping: AbortSignal;
  readonly context: RequestContext;
}

export async function serve(endpoint: Endpoint, serving: Serving): Promise<void> {
  const { request, parts, context } = serving;
  const { requestId } = context;
  const attempt = new Attempt({ endpoint, request, requestId, parts });
  try {
    await attemptToServe(endpoint, { ...serving, attempt });
  } catch (error) {
    await attempt.ended(error);
    throw error;
  }
  await attempt.ended(cutShort(serving.response));
}

async function attemptToServe(
  endpoint: Endpoint,
  serving: Serving & { readonly attempt: Attempt },
): Promise<void> {
  const { request, response, parts, stopping, context, attempt } = serving;
  const given = pathParams(request);
  attempt.params(parsedIfValid(endpoint.params, given));
  const caller = authorise(endpoint, serving);
  const params = parse(endpoint.params, { value: given, part: 'path' });
  const query = parse(endpoint.query, { value: request.query, part: 'query' });
  const body = await readBody(endpoint, serving);
  attempt.asked({ params, query, body: body.value } as Asked<never, never, never>);
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  if (caller !== undefined) response.on('close', parts.access.follow(caller));
  const call = {
    actor: caller?.actor,
    caller,
    params,
    query,
    body: body.value,
    request,
    signal: AbortSignal.any([
      gone.signal,
      stopping,
      ...(caller?.over === undefined ? [] : [caller.over]),
    ]),
    log: context.log,
    requestId: context.requestId,
    audit: (told: Told) => attempt.tell(told),
  } as unknown as Call<never, never, never>;
  const work = async () => {
    if (endpoint.webSocket !== true) await attempt.begin();
    if (endpoint.audit?.record === 'itself') attempt.forget();
    const reply = await endpoint.handle(call, parts);
    // An action has ended before it is answered; what is read ends with its answer.
    if (endpoint.audit?.record === 'action') await attempt.ended();
    return reply;
  };
  const key = request.headers['idempotency-key'];
  if (endpoint.idempotency !== undefined && typeof key === 'string' && caller !== undefined) {
    const { actor } = caller;
    const answer = await once(
      parts,
      { endpoint, actor, key, url: request.url, bodyText: body.text },
      async () => (await work()) as Answer,
    );
    if (answer.replayed) {
      attempt.forget();
      response.setHeader('idempotent-replayed', 'true');
    }
    return answerWith(answer, serving, call.signal);
  }
  return answerWith(await work(), serving, call.signal);
}

/** The rest of a path comes in pieces. */
function pathParams({ params }: Request): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join('/') : value,
    ]),
  );
}

/** For the event of a request that may be refused before its parts are judged. */
function parsedIfValid(schema: z.ZodType | undefined, value: unknown): unknown {
  const parsed = schema?.safeParse(value);
  return parsed?.success === true ? parsed.data : undefined;
}

function cutShort(response: Response): Error | undefined {
  if (response.writableEnded) return undefined;
  return apiErrors.answer_cut_short('The answer was not read to its end.');
}

interface Authorising extends Pick<Serving, 'parts'> {
  readonly request: IncomingMessage;
  /** Is told who asks as soon as that is known, whatever they may do. */
  readonly attempt: Attempt;
}

/** The one place where it is decided whether a request may do what it asks for. */
export function authorise(
  endpoint: Pick<Endpoint, 'permission'>,
  { request, parts, attempt }: Authorising,
): Caller | undefined {
  if (endpoint.permission === 'none') return undefined;
  const caller = parts.access.authenticate(request);
  attempt.caller = caller;
  parts.access.authorise(caller, endpoint.permission);
  return caller;
}

async function readBody(
  endpoint: Endpoint,
  { request, parts }: Serving,
): Promise<{ value: unknown; text: string }> {
  if (endpoint.body === 'stream') return { value: undefined, text: '' };
  if (endpoint.body === undefined) return { value: undefined, text: '' };
  const { maxBodyBytes, bodyTimeoutMs } = parts.limits;
  const { value, text } = await readJsonBody(request, {
    maxBytes: endpoint.maxBodyBytes ?? maxBodyBytes,
    timeoutMs: bodyTimeoutMs,
  });
  return { value: parse(endpoint.body, { value, part: 'body' }), text };
}

/** @throws request_invalid with every issue, by path, and the nearest known key */
export function parse(
  schema: z.ZodType | undefined,
  { value, part }: { value: unknown; part: 'path' | 'query' | 'body' },
): unknown {
  if (schema === undefined) {
    const unknown = part === 'query' ? Object.keys(value ?? {})[0] : undefined;
    if (unknown === undefined) return undefined;
    throw apiErrors.request_invalid(
      `The query: unknown key "${unknown.slice(0, 100)}"; it takes none.`,
    );
  }
  const result = validate(schema, value);
  if (result.ok) return result.value;
  const told = result.issues.map(formatIssue);
  const where = { path: 'The path', query: 'The query', body: 'The body' }[part];
  throw apiErrors.request_invalid(`${where}: ${told.join('; ')}`, {
    details: {
      in: part,
      issues: result.issues.map(({ at, kind, message, nearest }) => ({
        at,
        kind,
        message,
        ...(nearest !== undefined && { nearest }),
      })),
    },
  });
}

async function answerWith(reply: Reply, serving: Serving, signal: AbortSignal): Promise<void> {
  const { request, response, parts } = serving;
  const times = parts.streamTimes;
  if ('events' in reply)
    return streamReply<StreamItem>(response, {
      mediaType: 'text/event-stream',
      items: reply.events,
      format: formatEvent,
      ping: ': ping\n\n',
      signal,
      times,
    });
  if ('lines' in reply) {
    const asEvents = request.headers.accept === 'text/event-stream';
    return streamReply(response, {
      mediaType: asEvents ? 'text/event-stream' : 'application/x-ndjson',
      items: reply.lines,
      format: asEvents ? (data) => formatEvent({ data }) : formatLine,
      ping: asEvents ? ': ping\n\n' : '\n',
      signal,
      times,
    });
  }
  if ('content' in reply) return sendContent(response, { ...reply, signal, times });
  if ('headers' in reply)
    for (const [name, value] of Object.entries(reply.headers ?? {}))
      response.setHeader(name, value);
  const isText = 'text' in reply;
  const text = isText ? reply.text : reply.body === undefined ? '' : JSON.stringify(reply.body);
  if (text !== '') {
    const type = isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
    response.setHeader('content-type', type);
  }
  response.statusCode = isText ? 200 : reply.status;
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}
