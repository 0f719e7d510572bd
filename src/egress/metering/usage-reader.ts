/** Gathers usage from the records of one answer: the whole body, or the events of its stream. */
import type { MeteredUsage } from '../../contracts/egress.ts';
import type { JsonRecord } from './json-record.ts';
import {
  anthropicTokens,
  asFields,
  geminiTokens,
  openAiTokens,
  type TokenCounts,
} from './token-counts.ts';

const MAX_MODEL_LENGTH = 200;

export interface UsageReader {
  readonly wanted: ReadonlySet<string>;
  record(record: JsonRecord): void;
  done?(): void;
  /** What was told, as it stands now. `model` alone: nothing was. */
  result(): { readonly model?: string; readonly counts?: TokenCounts; readonly whole: boolean };
}

const OPENAI_MEMBERS: ReadonlySet<string> = new Set([
  ...['model', 'usage', 'choices', 'x_groq.usage'],
  ...['response.model', 'response.usage'],
]);
const ANTHROPIC_MEMBERS: ReadonlySet<string> = new Set([
  ...['type', 'model', 'usage', 'message.model', 'message.usage'],
]);
const GEMINI_MEMBERS: ReadonlySet<string> = new Set([
  ...['modelVersion', 'usageMetadata', 'candidates', 'promptFeedback'],
]);

/**
 * Usage may come in several chunks (each is the whole so far: the last one counts), in the last
 * chunk with content, in one of its own, or as part of `response` in events of the Responses API.
 */
export function openAiUsageReader(): UsageReader {
  let model: string | undefined;
  let usage: TokenCounts | undefined;
  let whole = false;
  return {
    wanted: OPENAI_MEMBERS,
    record(record) {
      model = modelName(record.value('response.model') ?? record.value('model')) ?? model;
      const told =
        asFields(record.value('response.usage')) ??
        asFields(record.value('usage')) ??
        asFields(record.value('x_groq.usage'));
      if (told === undefined) return;
      usage = openAiTokens(told) ?? usage;
      whole = isLast(record.value('choices'));
    },
    done() {
      whole = true;
    },
    result: () => ({
      ...(model !== undefined && { model }),
      ...(usage !== undefined && { counts: usage }),
      whole,
    }),
  };
}

/** Servers that count in every event are not at the end before a choice has finished. */
function isLast(choices: unknown): boolean {
  if (!Array.isArray(choices) || choices.length === 0) return true;
  return choices.some((choice) => (asFields(choice)?.finish_reason ?? null) !== null);
}

/**
 * A stream tells input in message_start, and the output so far in each message_delta, with whatever
 * else has changed: later values take the place of earlier ones. Without a message_delta it was
 * cut off.
 */
export function anthropicUsageReader(): UsageReader {
  let model: string | undefined;
  let usage: Readonly<Record<string, unknown>> = {};
  let whole = false;
  return {
    wanted: ANTHROPIC_MEMBERS,
    record(record) {
      model = modelName(record.value('message.model') ?? record.value('model')) ?? model;
      const begun = asFields(record.value('message.usage'));
      const told = asFields(record.value('usage'));
      usage = { ...usage, ...withoutNulls(begun), ...withoutNulls(told) };
      whole ||= told !== undefined;
    },
    result() {
      const counts = anthropicTokens(usage);
      return {
        ...(model !== undefined && { model }),
        ...(counts !== undefined && { counts }),
        whole,
      };
    },
  };
}

/** Each record of a stream counts what was used so far; the last one says why it ended. */
export function geminiUsageReader(): UsageReader {
  let model: string | undefined;
  let usage: TokenCounts | undefined;
  let whole = false;
  return {
    wanted: GEMINI_MEMBERS,
    record(record) {
      model = modelName(record.value('modelVersion')) ?? model;
      const told = asFields(record.value('usageMetadata'));
      if (told === undefined) return;
      usage = geminiTokens(told) ?? usage;
      whole = record.has('promptFeedback') || hasFinished(record.value('candidates'));
    },
    result: () => ({
      ...(model !== undefined && { model }),
      ...(usage !== undefined && { counts: usage }),
      whole,
    }),
  };
}

/** What is too long to be kept, such as an image, counts as finished. */
function hasFinished(candidates: unknown): boolean {
  if (!Array.isArray(candidates)) return candidates === undefined;
  return candidates.some((candidate) => (asFields(candidate)?.finishReason ?? null) !== null);
}

/**
 * @param status of the answer; undefined: none came
 * @returns for an answer that is an error, zeros: providers do not charge for those
 */
export function meteredUsage(reader: UsageReader, status: number | undefined): MeteredUsage {
  const { model, counts, whole } = reader.result();
  if (counts === undefined && status !== undefined && status >= 300)
    return { ...(model !== undefined && { model }), tokens: { input: 0, output: 0 } };
  const missing = !whole || counts === undefined || counts.missing === true;
  return {
    ...(model !== undefined && { model }),
    ...(counts !== undefined && { tokens: counts.tokens }),
    ...(missing && { missing: true }),
  };
}

/** Printable and not too long for an event; undefined: it is no name. */
export function modelName(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
  const name = value.replace(/[\u0000-\u001f\u007f]/g, '').slice(0, MAX_MODEL_LENGTH);
  return name === '' ? undefined : name;
}

function withoutNulls(fields: Readonly<Record<string, unknown>> | undefined) {
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([, value]) => value !== null));
}
