import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anthropicTokens, geminiTokens, openAiTokens } from './token-counts.ts';

type Case = readonly [what: string, usage: Record<string, unknown>, expected: unknown];

const OPENAI: readonly Case[] = [
  [
    'plain',
    { prompt_tokens: 9, completion_tokens: 12, total_tokens: 21 },
    { tokens: { input: 9, output: 12 } },
  ],
  [
    'cached input and reasoning are parts of their wholes',
    {
      prompt_tokens: 2006,
      completion_tokens: 300,
      total_tokens: 2306,
      prompt_tokens_details: { cached_tokens: 1920, audio_tokens: 0, cache_write_tokens: 6 },
      completion_tokens_details: { reasoning_tokens: 256, accepted_prediction_tokens: 0 },
    },
    { tokens: { input: 80, output: 44, cacheRead: 1920, cacheWrite: 6, reasoning: 256 } },
  ],
  [
    'responses',
    {
      input_tokens: 75,
      input_tokens_details: { cached_tokens: 25 },
      output_tokens: 1186,
      output_tokens_details: { reasoning_tokens: 1024 },
      total_tokens: 1261,
    },
    { tokens: { input: 50, output: 162, cacheRead: 25, reasoning: 1024 } },
  ],
  [
    'cache writes that are kept for long',
    {
      input_tokens: 100,
      input_tokens_details: {
        cached_tokens: 0,
        cache_write_tokens: 60,
        cache_write_tokens_details: { ttl_12h_tokens: 40, ttl_30m_tokens: 20 },
      },
      output_tokens: 1,
      total_tokens: 101,
    },
    { tokens: { input: 40, output: 1, cacheWrite: 60, cacheWriteLong: 40 } },
  ],
  ['embeddings', { prompt_tokens: 8, total_tokens: 8 }, { tokens: { input: 8, output: 0 } }],
  [
    'xAI: reasoning beside completion_tokens',
    {
      prompt_tokens: 32,
      completion_tokens: 9,
      total_tokens: 135,
      completion_tokens_details: { reasoning_tokens: 94 },
    },
    { tokens: { input: 32, output: 9, reasoning: 94 } },
  ],
  [
    'Gemini: reasoning only in total_tokens',
    { prompt_tokens: 20, completion_tokens: 198, total_tokens: 623 },
    { tokens: { input: 20, output: 198, reasoning: 405 } },
  ],
  [
    'DeepSeek',
    {
      prompt_tokens: 100,
      completion_tokens: 5,
      total_tokens: 105,
      prompt_cache_hit_tokens: 64,
      prompt_cache_miss_tokens: 36,
    },
    { tokens: { input: 36, output: 5, cacheRead: 64 } },
  ],
  [
    'details that are null',
    { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, prompt_tokens_details: null },
    { tokens: { input: 1, output: 2 } },
  ],
  [
    'more cached than there is',
    { prompt_tokens: 10, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 50 } },
    { tokens: { input: 0, output: 1, cacheRead: 10 }, missing: true },
  ],
  [
    'a negative count',
    { prompt_tokens: 10, completion_tokens: -5 },
    { tokens: { input: 10, output: 0 }, missing: true },
  ],
  [
    'a huge count',
    { prompt_tokens: 10, completion_tokens: 1e300 },
    { tokens: { input: 10, output: 0 }, missing: true },
  ],
  ['a count as text', { prompt_tokens: '10', completion_tokens: 1 }, undefined],
  ['a fraction', { prompt_tokens: 1.5 }, undefined],
  ['null counts', { prompt_tokens: null, completion_tokens: null }, undefined],
  ['nothing', {}, undefined],
];

for (const [what, usage, expected] of OPENAI)
  test(`tokens as OpenAI counts them: ${what}`, () => {
    assert.deepEqual(openAiTokens(usage), expected);
  });

const ANTHROPIC: readonly Case[] = [
  ['plain', { input_tokens: 25, output_tokens: 15 }, { tokens: { input: 25, output: 15 } }],
  [
    'caches lie beside input, thinking inside output',
    {
      input_tokens: 21,
      output_tokens: 393,
      cache_creation_input_tokens: 456,
      cache_read_input_tokens: 188_086,
      cache_creation: { ephemeral_5m_input_tokens: 356, ephemeral_1h_input_tokens: 100 },
      output_tokens_details: { thinking_tokens: 300 },
    },
    {
      tokens: {
        ...{ input: 21, output: 93, reasoning: 300 },
        ...{ cacheRead: 188_086, cacheWrite: 456, cacheWriteLong: 100 },
      },
    },
  ],
  [
    'nulls',
    {
      input_tokens: 3,
      output_tokens: 4,
      cache_creation_input_tokens: null,
      cache_creation: null,
      output_tokens_details: null,
      server_tool_use: null,
    },
    { tokens: { input: 3, output: 4 } },
  ],
  [
    'compaction is counted beside the rest, iterations of the message are not',
    {
      input_tokens: 100,
      output_tokens: 10,
      iterations: [
        { type: 'message', input_tokens: 100, output_tokens: 10 },
        { type: 'compaction', input_tokens: 7000, output_tokens: 500, cache_read_input_tokens: 3 },
      ],
    },
    { tokens: { input: 7100, output: 510, cacheRead: 3 } },
  ],
  [
    'what another model did on the way cannot be priced with it',
    {
      input_tokens: 1,
      output_tokens: 2,
      iterations: [{ type: 'advisor_message', model: 'x', input_tokens: 900, output_tokens: 900 }],
    },
    { tokens: { input: 1, output: 2 }, missing: true },
  ],
  ['no output', { input_tokens: 5 }, { tokens: { input: 5, output: 0 }, missing: true }],
  ['nothing', {}, undefined],
  ['lists', { input_tokens: [1], output_tokens: {} }, undefined],
];

for (const [what, usage, expected] of ANTHROPIC)
  test(`tokens as Anthropic counts them: ${what}`, () => {
    assert.deepEqual(anthropicTokens(usage), expected);
  });

test('classes do not overlap: together they are what the provider says in total', () => {
  const part = fc.integer({ min: 0, max: 1_000_000 });
  fc.assert(
    fc.property(part, part, part, part, part, (read, write, fresh, thought, said) => {
      const counted = openAiTokens({
        prompt_tokens: read + write + fresh,
        completion_tokens: thought + said,
        total_tokens: read + write + fresh + thought + said,
        prompt_tokens_details: { cached_tokens: read, cache_write_tokens: write },
        completion_tokens_details: { reasoning_tokens: thought },
      });
      const {
        input = 0,
        output = 0,
        cacheRead = 0,
        cacheWrite = 0,
        reasoning = 0,
      } = counted?.tokens ?? {};
      assert.equal(counted?.missing, undefined);
      assert.deepEqual(
        [input, output, cacheRead, cacheWrite, reasoning],
        [fresh, said, read, write, thought],
      );
    }),
  );
});

test('any usage at all gives counts that an event can carry', () => {
  const names = fc.constantFrom(
    ...['prompt_tokens', 'input_tokens', 'completion_tokens', 'output_tokens', 'total_tokens'],
    ...['prompt_tokens_details', 'output_tokens_details', 'cached_tokens', 'iterations'],
    ...['cache_creation', 'cache_creation_input_tokens', 'cache_read_input_tokens'],
  );
  const value = fc.oneof(fc.integer(), fc.double(), fc.jsonValue(), fc.constant(null));
  const usage = fc.dictionary(names, fc.oneof(value, fc.dictionary(names, value)), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(usage, (fields) => {
      for (const counted of [openAiTokens(fields), anthropicTokens(fields)])
        for (const count of Object.values(counted?.tokens ?? {}))
          assert.ok(Number.isSafeInteger(count) && Number(count) >= 0, JSON.stringify(fields));
    }),
    { numRuns: 1000 },
  );
});

const GEMINI: readonly Case[] = [
  [
    'cached tokens lie inside the prompt, thoughts beside what is said',
    {
      ...{ promptTokenCount: 100, cachedContentTokenCount: 60, candidatesTokenCount: 7 },
      ...{ thoughtsTokenCount: 30, toolUsePromptTokenCount: 5, totalTokenCount: 142 },
    },
    { tokens: { input: 45, output: 7, cacheRead: 60, reasoning: 30 } },
  ],
  [
    'a prompt that was refused',
    { promptTokenCount: 9, totalTokenCount: 9 },
    { tokens: { input: 9, output: 0 } },
  ],
  [
    'more in all than in its parts',
    { promptTokenCount: 9, candidatesTokenCount: 1, totalTokenCount: 99 },
    { tokens: { input: 9, output: 1 }, missing: true },
  ],
  [
    'a count that is none',
    { promptTokenCount: 9, candidatesTokenCount: '1' },
    { tokens: { input: 9, output: 0 }, missing: true },
  ],
  ['nothing', {}, undefined],
];

for (const [name, usage, expected] of GEMINI)
  test(`Gemini: ${name}`, () => {
    assert.deepEqual(geminiTokens(usage), expected);
  });
