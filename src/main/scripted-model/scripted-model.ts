/**
 * A model for the demo and for machines without a provider’s key: an endpoint in OpenAI’s format at
 * a name of our own, which the proxy leads to. It follows a script, says so in every answer, and
 * runs once it is asked for. Calls to it take the same way as calls to any provider.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HostResolver } from '../../egress/egress.ts';
import {
  type ChatRequest,
  chatRequest,
  nextMessage,
  type ScriptedMessage,
} from './next-message.ts';

/** `.internal` is never in DNS (ICANN, 2024). */
export const SCRIPTED_MODEL_HOST = 'scripted-model.swarm.internal';
export const SCRIPTED_MODEL = 'scripted-1';
const MAX_BODY_BYTES = 1024 * 1024;
const CHARACTERS_A_TOKEN = 4;
const CHUNK_CHARACTERS = 24;

export interface ScriptedModelEndpoint {
  /** Answers for its own name, and asks `resolver` for every other. */
  resolver(resolver: HostResolver): HostResolver;
  /** Where a checked address really is: undefined for all hosts but its own. */
  addressOf(host: string): { readonly address: string; readonly port: number } | undefined;
  close(): Promise<void>;
}

export function createScriptedModel(): ScriptedModelEndpoint {
  let server: Server | undefined;
  let listening: Promise<number> | undefined;
  let port: number | undefined;
  const listen = () => {
    listening ??= new Promise<number>((resolve, reject) => {
      const made = createServer((request, response) => void answer(request, response));
      server = made;
      made.once('error', reject);
      made.listen(0, '127.0.0.1', () => resolve((made.address() as AddressInfo).port));
      made.unref();
    });
    return listening;
  };
  return {
    resolver: (others) => ({
      async resolve(question) {
        if (question.host !== SCRIPTED_MODEL_HOST) return others.resolve(question);
        try {
          port = await listen();
          return { ok: true, addresses: [{ address: '127.0.0.1', family: 4 }] };
        } catch {
          const reason = `${SCRIPTED_MODEL_HOST} could not be started`;
          return { ok: false, code: 'failed', reason };
        }
      },
    }),
    addressOf: (host) =>
      host === SCRIPTED_MODEL_HOST && port !== undefined
        ? { address: '127.0.0.1', port }
        : undefined,
    async close() {
      await listening?.catch(() => undefined);
      server?.closeAllConnections();
      await new Promise<void>((resolve) =>
        server === undefined ? resolve() : server.close(() => resolve()),
      );
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split('?')[0] ?? '';
  if (request.method !== 'POST' || !path.endsWith('/chat/completions'))
    return refuse(response, 404, 'The scripted model has POST /v1/chat/completions only.');
  let given: ChatRequest;
  try {
    given = chatRequest.parse(JSON.parse(await readText(request)));
  } catch {
    return refuse(response, 400, 'The body is no request for a chat completion.');
  }
  const message = nextMessage(given);
  const usage = usageOf(given, message);
  const head = {
    id: `chatcmpl-${Date.now().toString(36)}`,
    created: Math.floor(Date.now() / 1000),
  };
  const finish = message.tool_calls === undefined ? 'stop' : 'tool_calls';
  if (given.stream === true) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const chunk = (fields: object) =>
      response.write(
        `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', model: given.model, ...fields })}\n\n`,
      );
    for (const delta of deltas(message))
      chunk({ choices: [{ index: 0, delta, finish_reason: null }] });
    chunk({ choices: [{ index: 0, delta: {}, finish_reason: finish }] });
    if (given.stream_options?.include_usage === true) chunk({ choices: [], usage });
    response.end('data: [DONE]\n\n');
    return;
  }
  const choices = [{ index: 0, message, finish_reason: finish }];
  sendJson(response, 200, {
    ...head,
    object: 'chat.completion',
    model: given.model,
    choices,
    usage,
  });
}

function* deltas({ content, tool_calls: calls }: ScriptedMessage): Generator<object> {
  yield { role: 'assistant', content: content === null ? null : '' };
  for (let at = 0; at < (content?.length ?? 0); at += CHUNK_CHARACTERS)
    yield { content: content?.slice(at, at + CHUNK_CHARACTERS) };
  if (calls !== undefined) yield { tool_calls: calls.map((call, index) => ({ index, ...call })) };
}

/** Counted by length: a script has no tokenizer. */
function usageOf(given: ChatRequest, message: ScriptedMessage) {
  const tokens = (value: unknown) => Math.ceil(JSON.stringify(value).length / CHARACTERS_A_TOKEN);
  const prompt = tokens([given.messages, given.tools ?? []]);
  const completion = tokens(message);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function refuse(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { error: { message, type: 'invalid_request_error', code: null } });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
