import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import OpenAI from 'openai';
import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources';
import { createScriptedModel, SCRIPTED_MODEL, SCRIPTED_MODEL_HOST } from './scripted-model.ts';

const TOOLS: ChatCompletionTool[] = [
  {
    type: 'function',
    function: {
      name: 'find',
      parameters: { type: 'object', properties: { email: { type: 'string' } } },
    },
  },
  {
    type: 'function',
    function: {
      name: 'route',
      parameters: {
        type: 'object',
        properties: {
          team: { enum: ['general', 'engineering', 'billing'] },
          urgent: { type: 'boolean' },
        },
      },
    },
  },
];
const nobody = { resolve: async () => ({ ok: false, code: 'not_found', reason: 'none' }) as const };

async function client(t: TestContext): Promise<OpenAI> {
  const model = createScriptedModel();
  t.after(() => model.close());
  const signal = AbortSignal.timeout(10_000);
  const question = { host: SCRIPTED_MODEL_HOST, ranges: [], machineId: 'm', signal };
  const resolution = await model.resolver(nobody).resolve(question);
  assert.ok(resolution.ok);
  const { port } = model.addressOf(SCRIPTED_MODEL_HOST) ?? {};
  return new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'none', maxRetries: 0 });
}

test('each tool is called once, with what the user wrote, and then it sums up', async (t) => {
  const openai = await client(t);
  const messages: ChatCompletionMessageParam[] = [
    { role: 'user', content: 'My bill is wrong. ada@example.com' },
  ];
  const called: string[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const { choices, usage } = await openai.chat.completions.create({
      ...{ model: SCRIPTED_MODEL, messages, tools: TOOLS },
    });
    assert.ok((usage?.prompt_tokens ?? 0) > 0 && (usage?.completion_tokens ?? 0) > 0);
    const message = choices[0]?.message;
    assert.ok(message);
    messages.push(message);
    const call = message.tool_calls?.[0];
    if (call?.type !== 'function') {
      assert.match(message.content ?? '', /2 tools.*scripted model/);
      continue;
    }
    called.push(`${call.function.name} ${call.function.arguments}`);
    messages.push({ role: 'tool', tool_call_id: call.id, content: '{"plan":"team"}' });
  }
  assert.deepEqual(called, [
    'find {"email":"ada@example.com"}',
    'route {"team":"billing","urgent":true}',
  ]);
});

test('a stream says the same, with its usage at the end when that was asked for', async (t) => {
  const openai = await client(t);
  const request = {
    model: SCRIPTED_MODEL,
    messages: [{ role: 'user', content: 'Hello' }],
  } satisfies OpenAI.ChatCompletionCreateParams;
  const whole = await openai.chat.completions.create(request);
  const stream = await openai.chat.completions.create({
    ...{ ...request, stream: true, stream_options: { include_usage: true } },
  });
  let text = '';
  let usage: unknown;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, whole.choices[0]?.message.content);
  assert.deepEqual(usage, whole.usage);
});

test('it answers for its own name only, and refuses what is no chat completion', async (t) => {
  const model = createScriptedModel();
  t.after(() => model.close());
  assert.equal(model.addressOf(SCRIPTED_MODEL_HOST), undefined);
  assert.equal(model.addressOf('example.com'), undefined);
  const question = { ranges: [], machineId: 'm', signal: AbortSignal.timeout(10_000) };
  const other = await model.resolver(nobody).resolve({ ...question, host: 'example.com' });
  assert.equal(other.ok, false);
  const openai = await client(t);
  await assert.rejects(openai.models.list(), { status: 404 });
  const empty = { model: SCRIPTED_MODEL, messages: [] };
  await assert.rejects(openai.chat.completions.create(empty), { status: 400 });
});
