/**
 * The Model Context Protocol over streamable HTTP, and over the older pair of an event stream and
 * POSTs: which tools are called, and whether they failed. Arguments and results stay in the payload.
 */
import type { RecordHandler } from './answer-scanner.ts';
import type { JsonRecord } from './json-record.ts';
import { JsonScanner } from './json-scanner.ts';
import type { CallHead, McpCall, ResponseTap, ToolCall } from './metering-types.ts';
import { canonicalPath } from './model-endpoints.ts';
import { recordTap } from './response-taps.ts';

const METHOD =
  /^(?:initialize|ping|(?:tools|resources|prompts|notifications|completion|logging|sampling|roots|elicitation|tasks|server)\/[A-Za-z/_-]{1,100})$/;
const MAX_LABEL_LENGTH = 200;
const MAX_MESSAGES = 100;
const KEEP_BYTES = 4096;
const MAX_STEPS = 4_000_000;
const REQUEST_MEMBERS = new Set(['jsonrpc', 'id', 'method', 'params.name']);
const ANSWER_MEMBERS = new Set(['jsonrpc', 'id', 'method', 'error', 'result.isError']);

type RequestId = string | number;

/** Whether the head of a request leaves it possible. */
export function mayBeMcp(call: CallHead): boolean {
  if (saysMcp(call)) return true;
  if (call.method !== 'POST' || !isJson(call)) return false;
  return accepts(call, 'text/event-stream') || hasMcpPath(call);
}

/** What POST, GET and DELETE say of themselves, without a body. */
function saysMcp(call: CallHead): boolean {
  return (
    call.headers['mcp-session-id'] !== undefined ||
    call.headers['mcp-protocol-version'] !== undefined ||
    (call.method === 'GET' && accepts(call, 'text/event-stream') && hasMcpPath(call))
  );
}

function isJson(call: CallHead): boolean {
  return /^application\/([a-z0-9.-]+\+)?json\b/i.test(call.headers['content-type'] ?? '');
}

function accepts(call: CallHead, type: string): boolean {
  return (call.headers.accept ?? '').toLowerCase().includes(type);
}

function hasMcpPath(call: CallHead): boolean {
  return /\/mcp(\/|$)|\/(sse|messages?)$/i.test(canonicalPath(call.path));
}

/** @returns undefined: it is none */
export function mcpCall(
  call: CallHead,
  body: Buffer | undefined,
): { readonly mcp: McpCall; readonly tap: ResponseTap } | undefined {
  const messages = body === undefined || call.method !== 'POST' ? [] : messagesIn(body);
  if (messages.length === 0 && !saysMcp(call)) return undefined;
  const calls = messages.filter((message) => message.method === 'tools/call');
  const sessionId = label(call.headers['mcp-session-id']);
  const mcp: McpCall = {
    methods: [...new Set(messages.flatMap(({ method }) => method ?? []))],
    requestIds: messages.flatMap(({ id }) => id ?? []),
    tools: calls.flatMap(({ tool }) => tool ?? []),
    ...(sessionId !== undefined && { sessionId }),
  };
  return { mcp, tap: call.method === 'GET' ? listeningTap() : callingTap(calls) };
}

interface Message {
  readonly method?: string;
  readonly id?: RequestId;
  readonly tool?: string;
}

/** Empty unless all of it is of this protocol: other services speak JSON-RPC too. */
function messagesIn(body: Buffer): readonly Message[] {
  const messages: Message[] = [];
  let foreign = false;
  const scanner = new JsonScanner({
    wanted: REQUEST_MEMBERS,
    keepBytes: KEEP_BYTES,
    maxSteps: MAX_STEPS,
    onRecord(record) {
      const method = record.text('method');
      const isKnown = method === undefined || METHOD.test(method);
      if (record.value('jsonrpc') !== '2.0' || !isKnown || !record.complete) foreign = true;
      else if (messages.length < MAX_MESSAGES) messages.push(message(record, method));
    },
  });
  scanner.push(body);
  scanner.end();
  return foreign ? [] : messages;
}

function message(record: JsonRecord, method: string | undefined): Message {
  const id = requestId(record);
  const tool = method === 'tools/call' ? label(record.value('params.name')) : undefined;
  return {
    ...(method !== undefined && { method }),
    ...(id !== undefined && { id }),
    ...(tool !== undefined && { tool }),
  };
}

function requestId(record: JsonRecord): RequestId | undefined {
  const id = record.value('id');
  return Number.isSafeInteger(id) ? (id as number) : label(id);
}

function label(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return value.slice(0, MAX_LABEL_LENGTH);
}

/** A result, or an error; a request of the server has a method. */
function failure(record: JsonRecord): boolean | undefined {
  if (record.has('method') || record.value('jsonrpc') !== '2.0') return undefined;
  return record.has('error') || record.value('result.isError') === true;
}

/** @param calls their results come in the answer, or over the stream that another request opened */
function callingTap(calls: readonly Message[]): ResponseTap {
  const failed = new Map<RequestId, boolean>();
  const asked = new Set(calls.flatMap(({ id }) => id ?? []));
  return recordTap({
    wanted: ANSWER_MEMBERS,
    record(record) {
      const id = requestId(record);
      const outcome = failure(record);
      if (id !== undefined && outcome !== undefined && asked.has(id)) failed.set(id, outcome);
    },
    end(status) {
      const refused = status !== undefined && status >= 400;
      const toolCalls = calls.map(({ id, tool }): ToolCall => {
        const outcome = refused || (id === undefined ? undefined : failed.get(id));
        return {
          ...(id !== undefined && { id }),
          ...(tool !== undefined && { tool }),
          ...(outcome !== undefined && { failed: outcome }),
        };
      });
      return toolCalls.length === 0 ? {} : { toolCalls };
    },
  });
}

/** Results of calls that were made by other requests: of tools, as far as they say how they ended. */
function listeningTap(): ResponseTap {
  const toolCalls: ToolCall[] = [];
  const handler: RecordHandler = {
    wanted: ANSWER_MEMBERS,
    record(record) {
      const id = requestId(record);
      if (id === undefined || failure(record) === undefined) return;
      if (!record.has('error') && !record.has('result.isError')) return;
      if (toolCalls.length < MAX_MESSAGES) toolCalls.push({ id, failed: failure(record) === true });
    },
  };
  return recordTap({ ...handler, end: () => (toolCalls.length === 0 ? {} : { toolCalls }) });
}
