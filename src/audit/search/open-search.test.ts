import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestLog, testEvents, WORKSPACE } from './search-fixture.ts';

test('finds events by each of their facts and by their words', async () => {
  await using log = await openTestLog();
  await log.append(
    { agent: 'support', tool: 'lookup', body: 'Where is order 4711?', status: 'ok' },
    { agent: 'support', model: 'gpt-4o', provider: 'openai', cost: usd('0.25'), status: 'error' },
    { agent: 'billing', machine: 'mch_1', run: 'a'.repeat(32), answer: 'Größe: naïve café' },
  );
  const found = async (terms: Parameters<typeof log.search.list>[1]) => {
    const { items } = await log.search.list(WORKSPACE, terms, {});
    return items.map(({ seq }) => seq);
  };
  const first = (await log.search.list(WORKSPACE, {}, { order: 'asc' })).items.findIndex(
    ({ tool }) => tool === 'lookup',
  );
  const [a, b, c] = [first, first + 1, first + 2];
  assert.deepEqual(await found({ agent: ['support'] }), [b, a]);
  assert.deepEqual(await found({ tool: ['lookup', 'other'] }), [a]);
  assert.deepEqual(await found({ model: ['gpt-4o'] }), [b]);
  assert.deepEqual(await found({ provider: ['openai'] }), [b]);
  assert.deepEqual(await found({ machine: ['mch_1'] }), [c]);
  assert.deepEqual(await found({ run: 'a'.repeat(32) }), [c]);
  assert.deepEqual(await found({ status: ['error'] }), [b]);
  assert.deepEqual(await found({ kind: ['searchtest.*'] }), [c, b, a]);
  assert.deepEqual(await found({ kind: ['searchtest.call'], agent: ['billing'] }), [c]);
  assert.deepEqual(await found({ kind: ['search.*'] }), []);
  assert.deepEqual(await found({ actor: ['prn_1'], agent: ['support'] }), [b, a]);
  assert.deepEqual(await found({ actor: ['Ada'], agent: ['support'] }), [b, a]);
  assert.deepEqual(await found({ minCost: '0.25' }), [b]);
  assert.deepEqual(await found({ minCost: '0.250000001' }), []);
  assert.deepEqual(await found({ text: 'ORDER 4711' }), [a]);
  assert.deepEqual(await found({ text: '"order 4711"' }), [a]);
  assert.deepEqual(await found({ text: '"4711 order"' }), []);
  assert.deepEqual(await found({ text: 'ord*' }), [a]);
  assert.deepEqual(await found({ text: 'gpt-4o' }), [b]);
  assert.deepEqual(await found({ text: 'grosse' }), []);
  assert.deepEqual(await found({ text: 'größe NAIVE' }), [c]);
});

test('shows an intent as open, and merged with its completion afterwards', async () => {
  await using log = await openTestLog();
  const [intent] = await log.append({
    phase: 'intent',
    kind: testEvents['searchtest.tool'],
    agent: 'support',
    attributes: { path: '/a' },
    body: 'question',
  });
  assert.ok(intent);
  const open = await log.search.list(WORKSPACE, { status: ['open'], text: 'question' }, {});
  assert.deepEqual(
    open.items.map(({ id, status }) => ({ id, status })),
    [{ id: intent.id, status: 'open' }],
  );
  assert.equal((await log.search.openIntents(WORKSPACE, intent.seq + 1)).length, 1);
  const [completion] = await log.append({
    phase: 'completion',
    intent: intent.seq,
    id: intent.id,
    kind: testEvents['searchtest.tool'],
    status: 'error',
    durationNs: 5,
    attributes: { code: 7 },
    answer: 'reply',
  });
  const event = await log.search.get(WORKSPACE, intent.id);
  assert.equal(event.seq, intent.seq);
  assert.equal(event.completedSeq, completion?.seq);
  assert.equal(event.status, 'error');
  assert.equal(event.agent, 'support');
  assert.deepEqual(event.attributes, { path: '/a', code: 7 });
  assert.equal(event.content?.request?.body, 'question');
  assert.equal(event.content?.response?.body, 'reply');
  assert.deepEqual((await log.search.list(WORKSPACE, { status: ['open'] }, {})).items, []);
  const both = await log.search.list(WORKSPACE, { text: 'question reply', status: ['error'] }, {});
  assert.deepEqual(
    both.items.map(({ seq }) => seq),
    [intent.seq],
  );
  assert.deepEqual(await log.search.openIntents(WORKSPACE, intent.seq + 2), []);
});

function usd(amount: string) {
  return { amount, currency: 'USD', prices: 'test' };
}
