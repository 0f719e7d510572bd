/**
 * What a scripted model says next: it calls each tool that it was offered once, in their order, with
 * arguments taken from what the user wrote, and then sums up. It always says that it is scripted.
 */
import { z } from 'zod';

const MAX_TOOLS = 20;
const SAMPLE_CHARACTERS = 120;

const parameter = z.looseObject({
  type: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
});
const tool = z.looseObject({
  function: z.looseObject({
    name: z.string().max(200),
    parameters: z
      .looseObject({ properties: z.record(z.string(), parameter).optional() })
      .optional(),
  }),
});
const message = z.looseObject({ role: z.string(), content: z.unknown().optional() });

export const chatRequest = z.looseObject({
  model: z.string().max(200),
  stream: z.boolean().optional(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  messages: z.array(message).min(1).max(1_000),
  tools: z.array(tool).optional(),
});
export type ChatRequest = z.infer<typeof chatRequest>;

/** As OpenAI's chat completions have it. */
export interface ScriptedMessage {
  readonly role: 'assistant';
  readonly content: string | null;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly type: 'function';
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
}

export function nextMessage(request: ChatRequest): ScriptedMessage {
  const asked = textOf(request.messages.findLast(({ role }) => role === 'user')?.content);
  const since = request.messages.findLastIndex(({ role }) => role === 'user');
  const results = request.messages.slice(since).filter(({ role }) => role === 'tool');
  const next = (request.tools ?? []).slice(0, MAX_TOOLS)[results.length];
  if (next === undefined) return { role: 'assistant', content: summary(asked, results) };
  const { name, parameters } = next.function;
  const given = Object.entries(parameters?.properties ?? {}).map(([key, wanted]) => [
    key,
    argument(key, { wanted, asked }),
  ]);
  const call = { name, arguments: JSON.stringify(Object.fromEntries(given)) };
  const id = `call_${results.length + 1}`;
  return {
    role: 'assistant',
    content: null,
    tool_calls: [{ id, type: 'function', function: call }],
  };
}

function argument(
  key: string,
  by: { readonly wanted: z.infer<typeof parameter>; readonly asked: string },
): unknown {
  const { wanted, asked } = by;
  if (wanted.enum !== undefined) return choose(wanted.enum, asked);
  if (wanted.type === 'number' || wanted.type === 'integer') return 1;
  if (wanted.type === 'boolean') return true;
  if (wanted.type === 'array') return [];
  if (wanted.type === 'object') return {};
  if (/e-?mail/i.test(key))
    return /[\w.+-]{1,64}@[\w-]{1,63}\.[\w.]{1,63}/.exec(asked)?.[0] ?? 'nobody@example.com';
  return asked.slice(0, SAMPLE_CHARACTERS);
}

/** What support desks of this world call their teams and priorities, and what makes one think of them. */
const HINTS: readonly (readonly [option: RegExp, words: RegExp])[] = [
  [/^engineer/, /down|outage|crash|error|\b50\d\b/],
  [/^account/, /password|login|log in|sign in|locked/],
  [/^billing/, /charge|refund|invoice|payment/],
  [/^(urgent|critical)/, /down|outage|urgent|production/],
  [/^(normal|medium|general)/, /./],
];

/** The one that the text names most often by its first letters, or by a hint. */
function choose(options: readonly unknown[], text: string): unknown {
  const lower = text.toLowerCase();
  const score = (option: unknown) => {
    const name = String(option).toLowerCase();
    const hinted = HINTS.some(([its, words]) => its.test(name) && words.test(lower)) ? 1 : 0;
    return hinted + (name === '' ? 0 : lower.split(name.slice(0, 4)).length - 1) * 2;
  };
  return options.reduce(
    (best, option) => (score(option) > score(best) ? option : best),
    options[0],
  );
}

function summary(asked: string, results: ChatRequest['messages']): string {
  const title = /"title":\s*"([^"\\]{1,100})"/.exec(results.map(said).join('\n'))?.[1];
  const found = title === undefined ? '' : ` "${title}" may help meanwhile.`;
  const used = results.length === 0 ? '' : ` ${results.length} tools were asked.`;
  return `Thank you for writing: "${asked.slice(0, 60)}".${used}${found} [scripted model: it follows a script; set MODEL_BASE_URL to a real one]`;
}

function said({ content }: ChatRequest['messages'][number]): string {
  return textOf(content).slice(0, 4_000);
}

/** Text alone, or the text parts of a list. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) =>
      typeof part === 'object' && part !== null && 'text' in part ? String(part.text) : '',
    )
    .join(' ');
}
