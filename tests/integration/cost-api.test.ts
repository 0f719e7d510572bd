/** Costs, budgets, prices and pauses through the API, on a real store and a real audit log. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Big from 'big.js';
import { waitUntil } from '../../src/base/wait.ts';
import { DEFAULT_WORKSPACE } from '../../src/contracts/actor.ts';
import type { MeteredUsage } from '../../src/contracts/egress.ts';
import type { EventResource } from '../../src/contracts/event.ts';
import { serviceEventActor } from '../../src/contracts/event-actor.ts';
import type { EventKind } from '../../src/contracts/event-kinds.ts';
import { type ApiStage, openApiStage } from './api-stage.ts';
import { runCli } from './cli-process.ts';

const RUN = '4bf92f3577b34da6a3ce929d0e0e4736';
let stage: ApiStage;
before(async () => {
  stage = await openApiStage();
  await stage.deploy('desk');
});
after(() => stage?.close());

/** As the proxy does it. */
async function call(usage: MeteredUsage, model = 'gpt-4o'): Promise<string> {
  const caller = { workspaceId: DEFAULT_WORKSPACE, agent: 'desk', revision: 1, replica: 0 };
  const reserved = stage.cost.spending.reserve({
    ...{ caller: { ...caller, machineId: 'mch_1' }, run: RUN, host: 'api.openai.com' },
    request: {
      ...{ provider: 'openai', operation: 'chat', model },
      ...{ mostInputTokens: 1_000, mostOutputTokens: 1_000 },
    },
  });
  if ('code' in reserved) return reserved.code;
  const event = await stage.audit.trail(DEFAULT_WORKSPACE).begin({
    ...{ kind: 'egress.call' as EventKind, actor: serviceEventActor('egress') },
    ...{ agent: 'desk', run: RUN, provider: 'openai', model },
  });
  const { cost, unpriced } = reserved.settle(usage);
  await event.complete({
    status: 'ok',
    ...(usage.tokens && { tokens: usage.tokens }),
    ...(cost && { cost }),
    ...(unpriced && { attributes: { unpriced } }),
  });
  return cost?.amount ?? 'unpriced';
}

/** Once `count` calls are in the sums. */
async function costs(by: 'agent' | 'model' | 'day' | 'run' | 'tool', count: number) {
  const found = await waitUntil(
    async () => {
      const report = await stage.client.costs({ by });
      return report.totals.calls >= count && report.complete ? report : undefined;
    },
    { timeoutMs: 15_000 },
  );
  assert.ok(found, `${count} calls are in the sums`);
  return found;
}

async function events(kind: string): Promise<readonly EventResource[]> {
  const { items } = await stage.client.events({ kind, order: 'asc' });
  return items;
}

test('calls are added up as the log has them, by every key', async () => {
  assert.equal(await call({ tokens: { input: 100, output: 10 } }), '0.00035');
  assert.equal(await call({ tokens: { input: 7, cacheRead: 93, reasoning: 3 } }), '0.00016375');
  assert.equal(await call({ tokens: { input: 100 } }, 'nobody-knows'), 'unpriced');
  const byModel = await costs('model', 3);
  assert.deepEqual(
    byModel.rows.map(({ key, calls, amount, unpriced }) => [key, calls, amount, unpriced]),
    [
      ['gpt-4o', 2, '0.00051375', 0],
      ['nobody-knows', 1, '0', 1],
    ],
  );
  const inLog = (await events('egress.call')).reduce(
    (sum, { cost }) => sum.plus(cost?.amount ?? 0),
    new Big(0),
  );
  assert.equal(byModel.totals.amount, inLog.toFixed());
  for (const by of ['agent', 'day', 'run', 'tool'] as const) {
    const report = await costs(by, 3);
    assert.equal(report.totals.amount, inLog.toFixed());
    assert.equal(report.rows.length, 1);
    assert.equal(report.rows[0]?.amount, inLog.toFixed());
    if (by === 'run') assert.equal(report.rows[0]?.key, RUN);
  }
  const env = { SWARM_URL: stage.url, SWARM_TOKEN: stage.token };
  const { stdout, stderr } = await runCli(['cost', '--by', 'model', '--no-color'], { env });
  assert.match(stdout, /^openai\/gpt-4o +2 +107 +93 +13 +0\.00051375$/m, stderr);
  assert.match(stdout, /^openai\/nobody-knows +1 +100 +0 +0 +0\.00 +1 without price$/m);
  assert.match(stdout, /^total +3 +207 +93 +13 +0\.00051375 +1 without price$/m);
  assert.match(stderr, /1 call to models without a price: what they cost is not in the sums/);
  const other = await stage.call('GET', '/v1/costs?agent=nobody');
  assert.equal(other.json.totals.calls, 0);
  const wrong = await stage.call('GET', '/v1/costs?since=2026-02-31');
  assert.deepEqual([wrong.status, wrong.json.code], [400, 'cost_time_invalid']);
});

test('a budget is set, shown, kept and deleted, each change an event', async () => {
  const body = { name: 'desk-day', agent: 'desk', period: 'day', limit: { money: '0.001' } };
  const made = await stage.call('POST', '/v1/budgets', { body });
  assert.equal(made.status, 200, made.text);
  assert.equal(made.json.now.spent, '0.00051375');
  assert.equal(
    await call({ tokens: { input: 1 } }),
    'budget_exhausted',
    'up to 0.0125 may be needed',
  );
  assert.equal((await stage.client.budgets()).items[0]?.now?.reserved, '0');
  const bad = [
    { ...body, limit: { money: '0' } },
    { ...body, limit: { money: '-1' } },
    { ...body, limit: { money: 1 } },
    { ...body, limit: { money: '1', tokens: 1 } },
    { ...body, period: 'week' },
    { ...body, thresholds: [0] },
    { ...body, name: 'No' },
  ];
  for (const one of bad) {
    const answer = await stage.call('POST', '/v1/budgets', { body: one });
    assert.deepEqual([answer.status, answer.json.code], [400, 'request_invalid'], answer.text);
  }
  await stage.client.deleteBudget('desk-day');
  await assert.rejects(stage.client.deleteBudget('desk-day'), { code: 'budget_not_found' });
  const found = await waitUntil(
    async () => {
      const all = await events('budget.*');
      return all.some((one) => one.status === 'refused' && one.kind === 'budget.deleted') && all;
    },
    { timeoutMs: 15_000 },
  );
  const kinds = new Set((found || []).map(({ kind, status }) => `${kind} ${status}`));
  assert.deepEqual([...kinds].sort(), [
    'budget.deleted ok',
    'budget.deleted refused',
    'budget.exhausted refused',
    'budget.set ok',
    'budget.set refused',
    'budget.threshold ok',
  ]);
});

test('a price file is imported whole or not at all', async () => {
  const file = (rate: string) => `{"models": {"nobody-knows": {"input": ${rate}, "output": 1e0}}}`;
  for (const rate of ['-1', '1e9', '"x"', 'null', '[]', 'NaN']) {
    const path = '/v1/prices?name=own';
    const answer = await stage.call('POST', path, { body: file(rate) });
    assert.deepEqual([answer.status, answer.json.code], [400, 'prices_invalid'], answer.text);
  }
  assert.equal((await stage.client.priceLists()).items.length, 1);
  const own = { name: 'own', format: 'swarm' } as const;
  const imported = await stage.client.importPrices(Buffer.from(file('0.1234567890120')), own);
  assert.deepEqual([imported.list.models, imported.replaced], [1, false]);
  const shown = await stage.client.priceList('own');
  assert.deepEqual(shown.prices[0]?.rates, { input: '0.123456789012', output: '1' });
  assert.equal(await call({ tokens: { input: 1_000_000 } }, 'nobody-knows'), '0.123456789012');
  await stage.client.removePrices('own');
  await assert.rejects(stage.client.removePrices('own'), { code: 'prices_not_found' });
  await assert.rejects(stage.client.removePrices('builtin'), { code: 'prices_not_found' });
  const large = await stage.call('POST', '/v1/prices?name=own', {
    body: ' '.repeat(8 * 1024 * 1024 + 1),
  });
  assert.deepEqual([large.status, large.json.code], [413, 'body_too_large']);
  assert.equal(await call({ tokens: { input: 1 } }, 'nobody-knows'), 'unpriced');
});

test('a paused agent makes no call until it is resumed', async () => {
  await assert.rejects(stage.client.pauseAgent('nobody'), { code: 'agent_not_found' });
  await stage.client.pauseAgent('desk', { reason: 'it spends too much' });
  assert.equal(await call({ tokens: { input: 1 } }), 'agent_paused');
  assert.equal((await stage.client.pauses()).items[0]?.reason, 'it spends too much');
  await stage.client.resumeAgent('desk');
  assert.notEqual(await call({ tokens: { input: 1 } }), 'agent_paused');
  await assert.rejects(stage.client.resumeAgent('desk'), { code: 'agent_not_paused' });
});

test('who may only read or deploy changes no budget and no price', async () => {
  const { value: token } = await stage.client.createToken({
    name: 'deployer',
    scopes: ['read', 'deploy'],
  });
  const body = { name: 'x', period: 'day', limit: { tokens: 1 } };
  const refused = [
    await stage.call('POST', '/v1/budgets', { token, body }),
    await stage.call('POST', '/v1/prices?name=x', { token, body: '{}' }),
    await stage.call('DELETE', '/v1/budgets/x', { token }),
    await stage.call('DELETE', '/v1/prices/x', { token }),
  ];
  assert.deepEqual(
    refused.map(({ status }) => status),
    [403, 403, 403, 403],
  );
  assert.equal((await stage.call('GET', '/v1/costs', { token })).status, 200);
});
