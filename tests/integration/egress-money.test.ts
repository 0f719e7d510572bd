/** Money through the real proxy, with a real audit log and real prices: never overspent, and exact. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Big from 'big.js';
import fc from 'fast-check';
import { ProxyAgent, request } from 'undici';
import { budgetBody } from '../../src/contracts/cost.ts';
import { serviceEventActor } from '../../src/contracts/event-actor.ts';
import { type ClientsStage, openClientsStage, PLACEHOLDER } from './clients-stage.ts';

const BY = { actor: serviceEventActor('test') };
const NOTHING = {
  ...{ input: 0, output: 0, reasoning: 0 },
  ...{ cacheRead: 0, cacheWrite: 0, cacheWriteLong: 0 },
};

let stage: ClientsStage;
let agent: ProxyAgent;
before(async () => {
  stage = await openClientsStage();
  agent = new ProxyAgent({
    uri: `http://127.0.0.1:${stage.proxyPort}`,
    requestTls: { ca: stage.authority },
  });
});
after(async () => {
  await agent?.destroy();
  await stage?.[Symbol.asyncDispose]();
});

async function ask(url: string, body: object): Promise<{ status: number; text: string }> {
  const answer = await request(url, {
    ...{ method: 'POST', dispatcher: agent, body: JSON.stringify(body) },
    headers: {
      ...{ authorization: `Bearer ${PLACEHOLDER}`, 'content-type': 'application/json' },
      'accept-encoding': 'gzip, br, zstd, deflate',
    },
  });
  return { status: answer.statusCode, text: await answer.body.text() };
}

const CHAT = 'https://api.openai.com/v1/chat/completions';
const messages = [{ role: 'user', content: 'Hello?' }];

const FORMS = [
  { url: CHAT, ask: { model: 'gpt-5.1', messages } },
  {
    url: 'https://api.openai.com/v1/completions',
    ask: { model: 'gpt-4o', prompt: 'Hello?', max_tokens: 50 },
  },
  { url: 'https://api.openai.com/v1/responses', ask: { model: 'gpt-5-mini', input: 'Hello?' } },
  {
    url: 'https://api.anthropic.com/v1/messages',
    ask: { model: 'claude-sonnet-4-5', max_tokens: 1000, messages },
  },
] as const;
const CODINGS = ['identity', 'gzip', 'br', 'zstd', 'deflate'] as const;
const count = fc.integer({ min: 0, max: 300_000 });
const used = fc
  .record({ input: count, output: count, reasoning: count, cacheRead: count, cacheWrite: count })
  .map((tokens) => ({ ...tokens, cacheWriteLong: Math.floor(tokens.cacheWrite / 3) }));

test('Gemini: whole, as events or as a list, an exchange costs the same', async () => {
  const rates = { input: '0.3', output: '2.5', cacheRead: '0.03' };
  const prices = { models: { 'gemini-2.5-flash': { provider: 'gemini', ...rates } } };
  const text = JSON.stringify(prices);
  await stage.cost.prices.import({ name: 'google', format: 'swarm', text }, BY);
  const at = 'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash';
  for (const coding of CODINGS) {
    const tokens = { ...NOTHING, input: 520, output: 198, cacheRead: 1500, reasoning: 405 };
    stage.providers.behave({ coding, tokens, chunkBytes: 50 });
    const body = { contents: [{ role: 'user', parts: [{ text: 'Hello?' }] }] };
    for (const form of [
      'generateContent',
      'streamGenerateContent?alt=sse',
      'streamGenerateContent',
    ])
      assert.equal((await ask(`${at}:${form}`, body)).status, 200, form);
    for (const { cost, provider, model, tokens: counted } of await stage.calls(3)) {
      // 520 × 0.3 + 603 × 2.5 + 1500 × 0.03, per million.
      assert.equal(cost?.amount, '0.0017085', coding);
      assert.deepEqual([provider, model], ['gemini', 'gemini-2.5-flash']);
      const { input, output, cacheRead, reasoning } = tokens;
      assert.deepEqual(counted, { input, output, cacheRead, reasoning });
    }
  }
});

for (const { url, ask: body } of FORMS)
  test(`${new URL(url).pathname}: streamed or whole, an exchange costs the same`, async () => {
    const amounts = new Set<string>();
    for (const [i, coding] of CODINGS.entries()) {
      const [tokens = NOTHING] = fc.sample(used, { numRuns: 1, seed: i + 1 });
      stage.providers.behave({ coding, tokens, chunkBytes: 50 });
      for (const stream of [false, true])
        assert.equal((await ask(url, { ...body, stream })).status, 200);
      const [whole, streamed] = await stage.calls(2);
      assert.ok(whole?.cost && new Big(whole.cost.amount).gt(0), coding);
      assert.deepEqual(streamed?.cost, whole.cost, coding);
      assert.deepEqual(streamed.tokens, whole.tokens, coding);
      amounts.add(whole.cost.amount);
    }
    assert.equal(amounts.size, CODINGS.length);
  });

test('what is cached for an hour is in the event, at its own price', async () => {
  const tokens = { ...NOTHING, input: 86, output: 44, cacheWrite: 1000, cacheWriteLong: 400 };
  stage.providers.behave({ tokens });
  const [, , , messagesForm] = FORMS;
  await ask(messagesForm.url, { ...messagesForm.ask, stream: true });
  const [call] = await stage.calls(1);
  assert.deepEqual(call?.tokens, { input: 86, output: 44, cacheWrite: 1000, cacheWriteLong: 400 });
  // 86 × 3 + 44 × 15 + 600 × 3.75 + 400 × 6, per million.
  assert.equal(call.cost?.amount, '0.005568');
});

test('a model without a price is unpriced, and in no sum', async () => {
  stage.providers.behave({});
  await ask(CHAT, { model: 'gpt-of-next-year', messages });
  const [call] = await stage.calls(1);
  assert.equal(call?.cost, undefined);
  assert.equal(call?.attributes?.unpriced, true);
  const { rows } = await stage.cost.report({ by: 'model' });
  const row = rows.find(({ key }) => key === 'gpt-of-next-year');
  assert.deepEqual([row?.amount, row?.unpriced, row?.calls], ['0', 1, 1]);
});

test('what costs money in other units than tokens is no way round a budget of money', async (t) => {
  const budget = { name: 'other', period: 'day', limit: { money: '100' } } as const;
  await stage.cost.budgets.set(budgetBody.parse(budget), BY);
  t.after(() => stage.cost.budgets.remove('other', BY));
  const asked = stage.providers.requests.length;
  for (const [path, body] of [
    ['images/generations', { model: 'gpt-image-1', prompt: 'A house' }],
    ['audio/speech', { model: 'tts-1', input: 'Hello', voice: 'alloy' }],
    ['batches', { input_file_id: 'file-1', endpoint: '/v1/chat/completions' }],
  ] as const) {
    const { status, text } = await ask(`https://api.openai.com/v1/${path}`, body);
    assert.equal(status, 429, path);
    const { error } = JSON.parse(text);
    assert.deepEqual([error.code, error.details.reason], ['budget_exhausted', 'unpriced']);
  }
  assert.equal(stage.providers.requests.length, asked);
  // Not paid for: a list of files, and a plain host.
  assert.notEqual((await ask('https://api.openai.com/v1/files', {})).status, 429);
  await stage.calls(4);
});

test('a hundred calls at once against the last half cent of a budget never spend more', async (t) => {
  // Each may cost some 0.00025 dollars at most, and costs 0.0001.
  stage.providers.behave({ tokens: { ...NOTHING, input: 40, output: 5 }, delayMs: 100 });
  const { amount } = (await stage.cost.report({ by: 'day' })).totals;
  const limit = { money: new Big(amount).plus('0.005').toFixed() };
  const budget = { name: 'cent', period: 'day', limit } as const;
  await stage.cost.budgets.set(budgetBody.parse(budget), BY);
  t.after(() => stage.cost.budgets.remove('cent', BY));
  const asked = stage.providers.requests.length;
  const body = { model: 'gpt-5.1', max_completion_tokens: 10, messages };
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => ask(CHAT, { ...body, stream: i % 2 === 0 })),
  );
  const passed = answers.filter(({ status }) => status === 200).length;
  const refused = answers.filter(({ status }) => status === 429);
  assert.equal(passed + refused.length, 100);
  // 20 fit at once, and 50 one after the other: how many there are is the scheduler's affair.
  assert.ok(passed >= 20 && passed <= 50, `${passed} passed`);
  for (const { text } of refused) {
    const { error } = JSON.parse(text);
    assert.deepEqual([error.code, error.type], ['budget_exhausted', 'insufficient_quota']);
  }
  assert.equal(stage.providers.requests.length - asked, passed);
  // Of a flood of refusals, the log has the first and their number.
  const calls = await stage.calls(passed + 1);
  const paid = calls.filter(({ status }) => status === 'ok');
  assert.deepEqual(
    paid.map(({ cost }) => cost?.amount),
    Array.from({ length: passed }, () => '0.0001'),
  );
  const sum = paid.reduce((total, { cost }) => total.plus(cost?.amount ?? 0), new Big(0));
  assert.ok(sum.lte('0.005'));
  const [now] = stage.cost.budgets.list().map((one) => one.now);
  assert.deepEqual([now?.spent, now?.reserved], [sum.plus(amount).toFixed(), '0']);
  // One after the other, what is left is used up, and not a millionth more.
  stage.providers.behave({ tokens: { ...NOTHING, input: 40, output: 5 } });
  for (let i = 0; i < 100; i++) if ((await ask(CHAT, body)).status === 429) break;
  const [end] = stage.cost.budgets.list().map((one) => one.now);
  const left = new Big(limit.money).minus(end?.spent ?? 0);
  assert.ok(left.gte(0) && left.lt('0.0003'), left.toFixed());
});
