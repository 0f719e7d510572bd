/**
 * The official clients of OpenAI and Anthropic, through a forwarder that meters: they see exactly
 * what they see without it, and what they used is right, streamed or not.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { waitUntil } from '../../src/base/wait.ts';
import type { EventTokens } from '../../src/contracts/event.ts';
import {
  type ForwardedCall,
  type MeteringForwarder,
  startMeteringForwarder,
} from './providers/metering-forwarder.ts';
import { type ModelProviders, startModelProviders } from './providers/model-providers.ts';
import { type ProviderBehaviour, USUAL } from './providers/provider-behaviour.ts';

const apiKey = 'test-key-1';
const TOKENS = { input: 86, output: 44, cacheRead: 1920, reasoning: 256 } satisfies EventTokens;
const MESSAGES = [{ role: 'user', content: 'Hello?' }] as const;
const CODINGS = ['identity', 'gzip', 'br', 'zstd', 'deflate'] as const;

let providers: ModelProviders;
let openAiWay: MeteringForwarder;
let anthropicWay: MeteringForwarder;

before(async () => {
  providers = await startModelProviders({ apiKey });
  const upstreamPort = providers.port;
  openAiWay = await startMeteringForwarder({ upstreamPort, host: 'api.openai.com' });
  anthropicWay = await startMeteringForwarder({ upstreamPort, host: 'api.anthropic.com' });
});

after(async () => {
  await openAiWay?.close();
  await anthropicWay?.close();
  await providers?.close();
});

beforeEach(() => providers.behave({}));

const openAi = (way: { readonly origin: string }, key = apiKey) =>
  new OpenAI({ apiKey: key, baseURL: `${way.origin}/v1`, maxRetries: 0 });
const anthropic = (way: { readonly origin: string }, key = apiKey) =>
  new Anthropic({ apiKey: key, baseURL: way.origin, maxRetries: 0 });

async function lastCall(way: MeteringForwarder): Promise<ForwardedCall> {
  const call = way.calls.at(-1);
  assert.ok(call);
  assert.ok(await waitUntil(() => call.end !== undefined, { timeoutMs: 5000, intervalMs: 2 }));
  return call;
}

const usageOf = async (way: MeteringForwarder) => (await lastCall(way)).end?.usage;

/** What a client gets: directly, and through the forwarder. */
async function both<C, T>(
  ways: readonly C[],
  ask: (client: C) => Promise<T>,
): Promise<{ direct: T; metered: T }> {
  const [direct, metered] = await Promise.all(ways.map(ask));
  return { direct: direct as T, metered: metered as T };
}

const openAiWays = () => [openAi(providers), openAi(openAiWay)];
const anthropicWays = () => [anthropic(providers), anthropic(anthropicWay)];

const BEHAVIOURS: readonly Partial<ProviderBehaviour>[] = [
  ...CODINGS.map((coding) => ({ coding })),
  { chunkBytes: 5 },
  { chunkBytes: 40, coding: 'gzip' },
];

for (const behaviour of BEHAVIOURS)
  describe(`upstream with ${JSON.stringify(behaviour)}`, () => {
    beforeEach(() => providers.behave(behaviour));

    test('OpenAI chat completions', async () => {
      const { direct, metered } = await both(openAiWays(), (client) =>
        client.chat.completions.create({ model: 'gpt-5.1', messages: [...MESSAGES] }),
      );
      assert.deepEqual(metered, direct);
      assert.deepEqual(await usageOf(openAiWay), { model: 'gpt-5.1', tokens: TOKENS });
    });

    test('OpenAI chat completions, streamed', async () => {
      const { direct, metered } = await both(openAiWays(), async (client) =>
        Array.fromAsync(
          await client.chat.completions.create({
            ...{ model: 'gpt-5.1', messages: [...MESSAGES], stream: true },
          }),
        ),
      );
      assert.deepEqual(metered, direct);
      assert.equal(metered.length, USUAL.words.length + 2);
      assert.deepEqual(await usageOf(openAiWay), { model: 'gpt-5.1', tokens: TOKENS });
    });

    test('OpenAI chat completions, streamed with usage for the caller', async () => {
      const { direct, metered } = await both(openAiWays(), async (client) =>
        Array.fromAsync(
          await client.chat.completions.create({
            ...{ model: 'gpt-5.1', messages: [...MESSAGES], stream: true },
            stream_options: { include_usage: true },
          }),
        ),
      );
      assert.deepEqual(metered, direct);
      assert.equal(metered.at(-1)?.usage?.total_tokens, 2306);
      assert.deepEqual(await usageOf(openAiWay), { model: 'gpt-5.1', tokens: TOKENS });
    });

    test('OpenAI completions of the older kind, in both forms', async () => {
      const ask = { model: 'gpt-3.5-turbo-instruct', prompt: 'x' };
      const whole = await both(openAiWays(), (client) => client.completions.create(ask));
      assert.deepEqual(whole.metered, whole.direct);
      const expected = { model: ask.model, tokens: TOKENS };
      assert.deepEqual(await usageOf(openAiWay), expected);
      const streamed = await both(openAiWays(), async (client) =>
        Array.fromAsync(await client.completions.create({ ...ask, stream: true })),
      );
      assert.deepEqual(streamed.metered, streamed.direct);
      assert.deepEqual(await usageOf(openAiWay), expected);
    });

    test('OpenAI responses, in both forms', async () => {
      const ask = { model: 'gpt-5.1', input: 'Hello?' };
      const whole = await both(openAiWays(), (client) => client.responses.create(ask));
      assert.deepEqual(whole.metered, whole.direct);
      assert.equal(whole.metered.output_text, USUAL.words.join(''));
      const expected = { model: ask.model, tokens: TOKENS };
      assert.deepEqual(await usageOf(openAiWay), expected);
      const streamed = await both(openAiWays(), async (client) =>
        Array.fromAsync(await client.responses.create({ ...ask, stream: true })),
      );
      assert.deepEqual(streamed.metered, streamed.direct);
      assert.equal(streamed.metered.at(-1)?.type, 'response.completed');
      assert.deepEqual(await usageOf(openAiWay), expected);
    });

    test('OpenAI embeddings', async () => {
      const ask = { model: 'text-embedding-3-small', input: ['a', 'b'] };
      const { direct, metered } = await both(openAiWays(), (client) =>
        client.embeddings.create(ask),
      );
      assert.deepEqual(metered, direct);
      assert.deepEqual(await usageOf(openAiWay), {
        ...{ model: ask.model, tokens: { input: 86, output: 0 } },
      });
    });

    test('Anthropic messages, in both forms', async () => {
      const ask = { model: 'claude-model', max_tokens: 1000, messages: [...MESSAGES] };
      const whole = await both(anthropicWays(), (client) => client.messages.create(ask));
      assert.deepEqual(whole.metered, whole.direct);
      const expected = { model: ask.model, tokens: TOKENS };
      assert.deepEqual(await usageOf(anthropicWay), expected);
      const streamed = await both(anthropicWays(), async (client) =>
        Array.fromAsync(await client.messages.create({ ...ask, stream: true })),
      );
      assert.deepEqual(streamed.metered, streamed.direct);
      assert.deepEqual(await usageOf(anthropicWay), expected);
      const { request } = await lastCall(anthropicWay).then(
        ({ metered }) => metered ?? { request: undefined },
      );
      assert.equal(request?.mostOutputTokens, 1000);
    });
  });

test('counting tokens at Anthropic is a plain call', async () => {
  const counted = await anthropic(anthropicWay).messages.countTokens({
    ...{ model: 'claude-model', messages: [...MESSAGES] },
  });
  assert.equal(counted.input_tokens, 86);
  assert.equal(anthropicWay.calls.at(-1)?.metered, undefined);
});

test('the reservation is never less than what was used', async () => {
  providers.behave({ tokens: { ...USUAL.tokens, input: 10, cacheRead: 0 } });
  await openAi(openAiWay).chat.completions.create({
    ...{ model: 'gpt-5.1', messages: [...MESSAGES], max_completion_tokens: 300 },
  });
  const { metered, end } = await lastCall(openAiWay);
  assert.ok((metered?.request.mostInputTokens ?? 0) >= (end?.usage?.tokens?.input ?? 0));
  assert.equal(metered?.request.mostOutputTokens, 300);
});

test('a wrong key is the same error, and uses nothing', async () => {
  for (const way of [providers, openAiWay])
    await assert.rejects(
      openAi(way, 'wrong').chat.completions.create({ model: 'm', messages: [...MESSAGES] }),
      OpenAI.AuthenticationError,
    );
  assert.deepEqual(await usageOf(openAiWay), { tokens: { input: 0, output: 0 } });
  await assert.rejects(
    anthropic(anthropicWay, 'wrong').messages.create({
      ...{ model: 'm', max_tokens: 1, messages: [...MESSAGES] },
    }),
    Anthropic.AuthenticationError,
  );
});

test('an answer without usage is flagged', async () => {
  providers.behave({ failure: 'no_usage' });
  const ask = { model: 'm', messages: [...MESSAGES] };
  const client = openAi(openAiWay);
  await client.chat.completions.create(ask);
  assert.deepEqual(await usageOf(openAiWay), { model: 'm', missing: true });
  await Array.fromAsync(await client.chat.completions.create({ ...ask, stream: true }));
  assert.deepEqual(await usageOf(openAiWay), { model: 'm', missing: true });
  await Array.fromAsync(await client.responses.create({ model: 'm', input: 'x', stream: true }));
  assert.deepEqual(await usageOf(openAiWay), { model: 'm', missing: true });
  await anthropic(anthropicWay).messages.create({ ...ask, max_tokens: 5 });
  assert.deepEqual(await usageOf(anthropicWay), { model: 'm', missing: true });
});

test('a stream that fails in its middle is flagged, with what it had told', async () => {
  providers.behave({ failure: 'mid_stream' });
  const ask = { model: 'm', messages: [...MESSAGES], stream: true as const };
  const stream = await openAi(openAiWay).chat.completions.create(ask);
  await assert.rejects(Array.fromAsync(stream), OpenAI.APIError);
  assert.deepEqual(await usageOf(openAiWay), { model: 'm', missing: true });
  const messages = await anthropic(anthropicWay).messages.create({ ...ask, max_tokens: 5 });
  await assert.rejects(Array.fromAsync(messages), Anthropic.APIError);
  assert.deepEqual(await usageOf(anthropicWay), {
    ...{ model: 'm', missing: true },
    tokens: { input: 86, output: 1, cacheRead: 1920 },
  });
});

test('an answer that is cut off is flagged', async () => {
  for (const coding of ['identity', 'gzip'] as const) {
    providers.behave({ failure: 'cut_off', coding });
    const ask = { model: 'm', messages: [...MESSAGES] };
    await assert.rejects(openAi(openAiWay).chat.completions.create(ask));
    assert.equal((await usageOf(openAiWay))?.missing, true);
    const stream = await openAi(openAiWay).chat.completions.create({ ...ask, stream: true });
    await assert.rejects(Array.fromAsync(stream));
    assert.equal((await usageOf(openAiWay))?.missing, true);
  }
});

test('a caller that goes away leaves a flagged call', async () => {
  providers.behave({ delayMs: 50 });
  const stream = await openAi(openAiWay).chat.completions.create({
    ...{ model: 'm', messages: [...MESSAGES], stream: true },
  });
  for await (const _ of stream) break;
  assert.equal((await usageOf(openAiWay))?.missing, true);
});
