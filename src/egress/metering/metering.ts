/**
 * Metering from the wire: which calls go to a model or a tool, and what they used, from the bytes
 * that pass by and never from an SDK. Nothing here throws, whatever the bytes are.
 */
import type { MeteredRequest } from '../../contracts/egress.ts';
import { askForUsage } from './ask-for-usage.ts';
import { contentCodings, decodeContent, encodeContent } from './content-coding.ts';
import type { JsonRecord } from './json-record.ts';
import { JsonScanner } from './json-scanner.ts';
import { mayBeMcp, mcpCall } from './mcp.ts';
import {
  type CallHead,
  MAX_METERED_BODY_BYTES,
  type MeterableCall,
  type MeteredCall,
} from './metering-types.ts';
import { hasShape, type ModelEndpoint, modelEndpoint } from './model-endpoints.ts';
import { knownProvider, providerName } from './providers.ts';
import { mostInputTokens, mostOutputTokens } from './request-bounds.ts';
import { usageTap } from './response-taps.ts';
import {
  anthropicUsageReader,
  geminiUsageReader,
  modelName,
  openAiUsageReader,
  type UsageReader,
} from './usage-reader.ts';

export type {
  CallHead,
  McpCall,
  MeterableCall,
  MeteredCall,
  RefusalAnswer,
  ResponseTap,
  TapEnd,
  ToolCall,
} from './metering-types.ts';
export { MAX_METERED_BODY_BYTES } from './metering-types.ts';
export { providerRefusal } from './provider-refusal.ts';

/** The older completions count as chat: they cost the same way. */
const OPERATIONS = {
  chat: 'chat',
  completions: 'chat',
  responses: 'responses',
  embeddings: 'embeddings',
  messages: 'messages',
  generate: 'chat',
  other: 'paid',
} as const satisfies Record<ModelEndpoint['protocol'], MeteredRequest['operation']>;

const READERS: Partial<Readonly<Record<ModelEndpoint['protocol'], () => UsageReader>>> = {
  messages: anthropicUsageReader,
  generate: geminiUsageReader,
};

/** Of one member: names and numbers are short, of the others it matters only that they are there. */
const KEEP_BYTES = 4096;
/** A few tens of milliseconds; honest bodies of many megabytes are long strings. */
const MAX_STEPS = 4_000_000;
const REQUEST_MEMBERS = new Set([
  'model',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'n',
  'best_of',
  'messages',
  'prompt',
  'input',
  'input_type',
  'previous_response_id',
  'tools',
  'contents',
  'generationConfig.maxOutputTokens',
  'generationConfig.candidateCount',
  'generation_config.max_output_tokens',
  'generation_config.candidate_count',
]);

/**
 * A WebSocket to a provider of models carries calls that nobody meters.
 * @returns undefined: it is a plain connection
 */
export function meterSocket({ host }: { readonly host: string }): MeteredRequest | undefined {
  return knownProvider(host) === undefined
    ? undefined
    : { provider: providerName(host), operation: 'paid' };
}

/** Whether the proxy should read the whole request body before it forwards it (up to MAX_METERED_BODY_BYTES). */
export function needsBody(call: CallHead): boolean {
  const isForm = /^multipart\//i.test(call.headers['content-type'] ?? '');
  if (isForm) return false;
  return modelEndpoint(call) !== undefined || (call.method === 'POST' && mayBeMcp(call));
}

/** @returns undefined for a plain call */
export function meterCall(call: MeterableCall): MeteredCall | undefined {
  const endpoint = modelEndpoint(call);
  if (endpoint === undefined && !mayBeMcp(call)) return undefined;
  const codings = contentCodings(call.headers['content-encoding']);
  const body = call.body && decodeContent(call.body, { codings, maxBytes: MAX_METERED_BODY_BYTES });
  const model = endpoint && modelCall(call, { endpoint, body });
  if (model === undefined) return toolCall(call, body);
  return model.body === undefined ? model : { ...model, body: encodeContent(model.body, codings) };
}

function toolCall(call: CallHead, body: Buffer | undefined): MeteredCall | undefined {
  const found = mayBeMcp(call) ? mcpCall(call, body) : undefined;
  if (found === undefined) return undefined;
  const tool = found.mcp.tools[0];
  const provider = providerName(call.host);
  return { request: { provider, operation: 'mcp', ...(tool !== undefined && { tool }) }, ...found };
}

function modelCall(
  call: CallHead,
  { endpoint, body }: { readonly endpoint: ModelEndpoint; readonly body: Buffer | undefined },
): MeteredCall | undefined {
  const { protocol } = endpoint;
  const record = body && requestRecord(body);
  const looksLikeIt = record !== undefined && hasShape(protocol, (member) => record.has(member));
  if (!endpoint.certain && !looksLikeIt) return undefined;
  const asksInStream = protocol === 'chat' || protocol === 'completions';
  const rewritten =
    asksInStream && body !== undefined && record !== undefined
      ? askForUsage(call, { body, record })
      : undefined;
  return {
    request: modelRequest(call, { endpoint, body, record }),
    ...(rewritten !== undefined && { body: rewritten, identityOnly: true }),
    tap: usageTap(READERS[protocol]?.() ?? openAiUsageReader(), {
      dropUsage: rewritten !== undefined,
    }),
  };
}

function modelRequest(
  call: CallHead,
  known: {
    readonly endpoint: ModelEndpoint;
    readonly body: Buffer | undefined;
    readonly record: JsonRecord | undefined;
  },
): MeteredRequest {
  const { endpoint, body, record } = known;
  const { protocol } = endpoint;
  // Of two models, servers take one or the other: so none is named, and no price is held for the cheap one.
  const named = (record?.all('model').length ?? 0) > 1 ? undefined : record?.value('model');
  const model = modelName(named) ?? modelName(endpoint.model);
  const input = body && record && mostInputTokens({ protocol, body, record });
  const output = record && mostOutputTokens(protocol, record);
  return {
    provider: providerName(call.host),
    operation: OPERATIONS[protocol],
    ...(model !== undefined && { model }),
    ...(input !== undefined && { mostInputTokens: input }),
    ...(output !== undefined && { mostOutputTokens: output }),
  };
}

function requestRecord(body: Buffer): JsonRecord | undefined {
  let found: JsonRecord | undefined;
  const scanner = new JsonScanner({
    wanted: REQUEST_MEMBERS,
    keepBytes: KEEP_BYTES,
    maxSteps: MAX_STEPS,
    onRecord: (record) => {
      if (record.isRoot) found = record;
    },
  });
  scanner.push(body);
  scanner.end();
  return found;
}
