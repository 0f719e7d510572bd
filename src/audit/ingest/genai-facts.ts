/** What a span's attributes say, whoever's convention they follow, in the log's own words. */
import Big from 'big.js';
import type { EventCost, EventTokens } from '../../contracts/event.ts';
import {
  COST_NAMES,
  FRAMEWORKS,
  type GenAiOperation,
  MODEL_NAMES,
  OPERATION_VALUES,
  PROVIDER_BEHIND_FRAMEWORK,
  PROVIDER_NAMES,
  TOKEN_NAMES,
  TOOL_NAMES,
} from './genai-names.ts';
import type { OtlpAttributes, OtlpSpan } from './otlp-spans.ts';

export interface GenAiFacts {
  readonly operation: GenAiOperation | undefined;
  readonly tool: string | undefined;
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly tokens: EventTokens | undefined;
  readonly cost: EventCost | undefined;
}

/** Those whose tokens are what a provider counts; agents' and workflows' are sums of them. */
const MODEL_OPERATIONS: readonly (GenAiOperation | undefined)[] = [
  ...(['chat', 'text_completion', 'generate_content', 'embeddings'] as const),
];
export function isModelOperation(operation: GenAiOperation | undefined): boolean {
  return MODEL_OPERATIONS.includes(operation);
}

export function genAiFacts(span: OtlpSpan): GenAiFacts {
  const { attributes } = span;
  const operation = operationOf(attributes);
  return {
    operation,
    tool: operation === 'execute_tool' ? toolOf(span) : undefined,
    provider: providerOf(attributes),
    model: firstText(attributes, MODEL_NAMES, 200),
    tokens: tokensOf(attributes),
    cost: costOf(attributes),
  };
}

export function firstText(
  attributes: OtlpAttributes,
  names: readonly string[],
  maxLength: number,
): string | undefined {
  for (const name of names) {
    const value = attributes.get(name);
    if (typeof value === 'string' && value !== '') return value.slice(0, maxLength).toWellFormed();
  }
  return undefined;
}

function operationOf(attributes: OtlpAttributes): GenAiOperation | undefined {
  for (const [name, meanings] of OPERATION_VALUES) {
    const value = attributes.get(name);
    if (typeof value !== 'string') continue;
    const key = value.toLowerCase();
    if (Object.hasOwn(meanings, key)) return meanings[key];
  }
  return undefined;
}

function toolOf(span: OtlpSpan): string | undefined {
  const said = firstText(span.attributes, TOOL_NAMES, 200);
  if (said !== undefined) return said;
  if (span.attributes.get('traceloop.span.kind') === 'tool') {
    const entity = firstText(span.attributes, ['traceloop.entity.name'], 200);
    if (entity !== undefined) return entity;
  }
  const name = span.name
    .replace(/^execute_tool /, '')
    .slice(0, 200)
    .toWellFormed();
  return name === '' ? undefined : name;
}

/** Names that the conventions have given up. */
const RENAMED_PROVIDERS: Readonly<Record<string, string>> = {
  'az.ai.inference': 'azure.ai.inference',
  'az.ai.openai': 'azure.ai.openai',
  gemini: 'gcp.gemini',
  vertex_ai: 'gcp.vertex_ai',
  xai: 'x_ai',
};

function providerOf(attributes: OtlpAttributes): string | undefined {
  const said = firstText(attributes, PROVIDER_NAMES, 100)?.toLowerCase();
  const name =
    said === undefined || FRAMEWORKS.includes(said)
      ? firstText(attributes, [PROVIDER_BEHIND_FRAMEWORK], 100)?.toLowerCase()
      : said;
  if (name === undefined) return undefined;
  return Object.hasOwn(RENAMED_PROVIDERS, name) ? RENAMED_PROVIDERS[name] : name;
}

function tokensOf(attributes: OtlpAttributes): EventTokens | undefined {
  const tokens: Partial<Record<keyof typeof TOKEN_NAMES, number>> = {};
  for (const [kind, names] of Object.entries(TOKEN_NAMES)) {
    const value = firstCount(attributes, names);
    if (value !== undefined) tokens[kind as keyof typeof TOKEN_NAMES] = value;
  }
  return Object.keys(tokens).length === 0 ? undefined : tokens;
}

function firstCount(attributes: OtlpAttributes, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = attributes.get(name);
    const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
    if (Number.isSafeInteger(number) && (number as number) >= 0) return number as number;
  }
  return undefined;
}

function costOf(attributes: OtlpAttributes): EventCost | undefined {
  for (const name of COST_NAMES) {
    const value = attributes.get(name);
    if (typeof value !== 'number' && typeof value !== 'string') continue;
    if (!/^\d{1,15}(\.\d+)?(e-?\d{1,2})?$/i.test(String(value))) continue;
    const amount = new Big(value).round(18).toFixed();
    if (!/^\d{1,18}(\.\d{1,18})?$/.test(amount)) continue;
    const currency = attributes.get('gen_ai.usage.cost.currency');
    return {
      amount,
      currency: typeof currency === 'string' && /^[A-Z]{3}$/.test(currency) ? currency : 'USD',
      prices: 'reported',
    };
  }
  return undefined;
}
