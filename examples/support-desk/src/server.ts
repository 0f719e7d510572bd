/**
 * Serves the graph over HTTP:
 *   POST /         {"ticket": "…"} → {"answer", "steps", "model"}
 *   POST /stream   the same as server-sent events, one for each step
 *   GET  /healthz
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { BaseMessage } from '@langchain/core/messages';
import { graph, modelName } from './agent.ts';

const MAX_BODY_BYTES = 64 * 1024;
/** Steps of one run; a model that never stops calling tools is stopped here. */
const RECURSION_LIMIT = 20;

interface Step {
  readonly type: string;
  readonly tool?: string;
  readonly text: string;
}

class BadRequest extends Error {}

async function readTicket(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > MAX_BODY_BYTES) throw new BadRequest(`over ${MAX_BODY_BYTES} bytes`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new BadRequest('the body is not JSON');
  }
  const ticket = (parsed as { ticket?: unknown } | null)?.ticket;
  if (typeof ticket !== 'string' || ticket.trim() === '')
    throw new BadRequest('send {"ticket": "what the customer wrote"}');
  return ticket;
}

function stepsOf(message: BaseMessage): Step[] {
  const text =
    typeof message.content === 'string' ? message.content : JSON.stringify(message.content);
  const calls = (message as { tool_calls?: { name: string; args: unknown }[] }).tool_calls ?? [];
  if (calls.length > 0)
    return calls.map(({ name, args }) => ({
      type: 'call',
      tool: name,
      text: JSON.stringify(args),
    }));
  if (message.getType() === 'tool') return [{ type: 'result', tool: message.name ?? '', text }];
  return [{ type: 'answer', text }];
}

/** Runs the graph and hands out each step as it happens. */
async function* triage(ticket: string, signal: AbortSignal): AsyncGenerator<Step> {
  const updates = await graph.stream(
    { messages: [{ role: 'user', content: ticket }] },
    { streamMode: 'updates', recursionLimit: RECURSION_LIMIT, signal },
  );
  for await (const update of updates)
    for (const { messages } of Object.values(update as Record<string, { messages: BaseMessage[] }>))
      for (const message of messages) yield* stepsOf(message);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const path = new URL(request.url ?? '/', 'http://agent').pathname;
  if (request.method === 'GET' && path === '/healthz')
    return send(response, 200, { status: 'ok', model: modelName });
  if (request.method !== 'POST' || (path !== '/' && path !== '/stream'))
    return send(response, 404, { error: 'POST / or /stream, GET /healthz' });

  const ticket = await readTicket(request);
  console.log(`triage: ${ticket.length} characters, model ${modelName}`);
  if (path === '/stream') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    for await (const step of triage(ticket, gone.signal))
      response.write(`event: ${step.type}\ndata: ${JSON.stringify(step)}\n\n`);
    response.end('event: done\ndata: {}\n\n');
    return;
  }
  const steps = await Array.fromAsync(triage(ticket, gone.signal));
  send(response, 200, { answer: steps.at(-1)?.text, steps, model: modelName });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(`${JSON.stringify(body)}\n`);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    if (response.headersSent) return response.destroy();
    const status = error instanceof BadRequest ? 400 : 500;
    if (status === 500) console.error(error);
    send(response, status, { error: error instanceof Error ? error.message : String(error) });
  });
});

const port = Number(process.env.PORT ?? 8080);
server.listen(port, () => console.log(`support-desk listens on ${port}, model ${modelName}`));
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
