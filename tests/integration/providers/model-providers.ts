/**
 * Stands in for the providers of models, none of which can be reached from a test: a local server
 * that speaks the wire formats of OpenAI, Anthropic and Gemini, streams included. It checks the API key,
 * answers what it is told to answer, and remembers what it was asked. The real clients of both
 * cannot tell the difference; no model is behind it.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';
import {
  createBrotliCompress,
  createDeflate,
  createGzip,
  createZstdCompress,
  gunzipSync,
} from 'node:zlib';
import { anthropicError, countTokensAnswer, messagesAnswer } from './anthropic-answers.ts';
import { GENERATE_PATH, generateAnswer } from './gemini-answers.ts';
import {
  chatAnswer,
  completionsAnswer,
  embeddingsAnswer,
  openAiError,
  responsesAnswer,
} from './openai-answers.ts';
import {
  type ProviderAnswer,
  type ProviderBehaviour,
  type RequestBody,
  USUAL,
} from './provider-behaviour.ts';

export type { ProviderBehaviour } from './provider-behaviour.ts';

const ENDPOINTS: Readonly<
  Record<string, (body: RequestBody, behaviour: ProviderBehaviour) => ProviderAnswer>
> = {
  '/v1/chat/completions': chatAnswer,
  '/v1/completions': completionsAnswer,
  '/v1/responses': responsesAnswer,
  '/v1/embeddings': embeddingsAnswer,
  '/v1/messages': messagesAnswer,
  '/v1/messages/count_tokens': countTokensAnswer,
};

const CODERS = {
  gzip: createGzip,
  br: createBrotliCompress,
  zstd: createZstdCompress,
  deflate: createDeflate,
} as const;

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: RequestBody;
  /** As it came, decoded. */
  readonly text: string;
}

export interface ModelProviders {
  readonly port: number;
  /** Of one that was given certificates: https. */
  readonly origin: string;
  /** Newest last. */
  readonly requests: readonly SeenRequest[];
  /** From now on; what is not named is as usual. */
  behave(behaviour: Partial<ProviderBehaviour>): void;
  /** From now on: an old key is refused at once. */
  setKey(apiKey: string): void;
  close(): Promise<void>;
}

export async function startModelProviders(options: {
  readonly apiKey: string;
  readonly tls?: ServerOptions;
  readonly host?: string;
  readonly port?: number;
}): Promise<ModelProviders> {
  let behaviour = USUAL;
  let { apiKey } = options;
  const requests: SeenRequest[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const raw = await buffer(request);
    const text = (
      request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw
    ).toString();
    const body = parsed(text);
    requests.push({ path, headers: request.headers, body, text });
    const endpoint = request.method === 'POST' ? endpointOf(request.url ?? '/', path) : undefined;
    const error = path.startsWith('/v1/messages') ? anthropicError : openAiError;
    const overloaded = error === anthropicError ? 529 : 503;
    const how = behaviour;
    if (how.delayMs > 0) await delay(how.delayMs);
    const answered = !hasKey(request, apiKey)
      ? error(401, 'Incorrect API key provided.')
      : endpoint === undefined
        ? openAiError(404, `Unknown request URL: ${request.method} ${path}.`)
        : how.failure === 'overloaded'
          ? error(overloaded, 'Overloaded')
          : endpoint(body, how);
    await send(answered, { request, response, behaviour: how });
  }

  const listener: RequestListener = (request, response) => {
    answer(request, response).catch(() => response.destroy());
  };
  const server =
    options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `${options.tls === undefined ? 'http' : 'https'}://${host}:${port}`,
    requests,
    behave(changed) {
      behaviour = { ...USUAL, ...changed };
    },
    setKey(key) {
      apiKey = key;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function endpointOf(url: string, path: string) {
  if (!GENERATE_PATH.test(path)) return ENDPOINTS[path];
  return (body: RequestBody, behaviour: ProviderBehaviour) => generateAnswer(url, body, behaviour);
}

function parsed(text: string): RequestBody {
  try {
    return JSON.parse(text) as RequestBody;
  } catch {
    return {};
  }
}

function hasKey({ headers }: IncomingMessage, apiKey: string): boolean {
  const bearer = /^Bearer (.*)$/i.exec(headers.authorization ?? '')?.[1];
  const { 'x-api-key': anthropic, 'api-key': azure, 'x-goog-api-key': google } = headers;
  return [bearer, anthropic, azure, google].includes(apiKey);
}

interface Sending {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly behaviour: ProviderBehaviour;
}

async function send({ status, json, events }: ProviderAnswer, sending: Sending): Promise<void> {
  const { request, response, behaviour } = sending;
  const coding = codingFor(request, behaviour);
  response.writeHead(status, {
    'content-type': events === undefined ? 'application/json' : 'text/event-stream; charset=utf-8',
    'x-request-id': 'req_1',
    ...(coding !== undefined && { 'content-encoding': coding }),
  });
  const parts = (events ?? [JSON.stringify(json)]).map((part) => Buffer.from(part));
  const coder = coding === undefined ? undefined : CODERS[coding]();
  coder?.pipe(response);
  const out = coder ?? response;
  const cutOff = behaviour.failure === 'cut_off';
  const end = cutOff ? Math.max(1, Math.floor(parts.length / 2)) : parts.length;
  for (const [i, part] of parts.slice(0, end).entries()) {
    if (i > 0 && behaviour.delayMs > 0) await delay(behaviour.delayMs);
    const bytes = cutOff && parts.length === 1 ? part.subarray(0, part.length / 2) : part;
    for (let at = 0; at < bytes.length; at += behaviour.chunkBytes) {
      out.write(bytes.subarray(at, at + behaviour.chunkBytes));
      if (bytes.length > behaviour.chunkBytes) await immediate();
    }
    coder?.flush();
  }
  if (!cutOff) return void out.end();
  await delay(20);
  response.destroy();
}

function codingFor(
  request: IncomingMessage,
  { coding, codeAlways }: ProviderBehaviour,
): keyof typeof CODERS | undefined {
  if (coding === 'identity') return undefined;
  const accepted = String(request.headers['accept-encoding'] ?? '').split(/[\s,;]+/);
  return codeAlways || accepted.includes(coding) ? coding : undefined;
}
