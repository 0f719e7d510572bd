/** What agents may reach, through the API: shown, changed live, tried, suggested, recorded. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import { DEFAULT_WORKSPACE } from '../../src/contracts/actor.ts';
import { serviceEventActor } from '../../src/contracts/event-actor.ts';
import type { EventKind } from '../../src/contracts/event-kinds.ts';
import type { EventDraft } from '../../src/contracts/trail.ts';
import { type ApiStage, openApiStage } from './api-stage.ts';

let stage: ApiStage;
const EGRESS = {
  allow: [
    'api.example.com',
    { host: 'shop.example.com', methods: ['GET' as const], paths: ['/v1'] },
    { host: 'localhost', ports: [8080], ranges: ['127.0.0.0/8'] },
    { host: 'shut.localhost', ports: [8080] },
  ],
  rate: { calls_per_minute: 30 },
};

before(async () => {
  stage = await openApiStage();
  await stage.deploy('desk', { egress: EGRESS });
  await stage.deploy('bare');
});
after(() => stage?.close());

const call = (method: string, path: string, body?: object) =>
  stage.call(method, `/v1/agents${path}`, body && { body });

async function changes(): Promise<readonly (readonly unknown[])[]> {
  await searchable();
  const { items } = await stage.client.events({
    ...{ kind: 'egress.rule_added,egress.rule_removed,egress.mode_set', order: 'asc' },
  });
  return items.map(({ kind, status, agent, actor }) => [kind, status, agent, actor.name]);
}

async function searchable(): Promise<void> {
  const found = await waitUntil(
    async () => {
      const { size, indexed } = await stage.client.auditStatus();
      return indexed >= size;
    },
    { timeoutMs: 20_000 },
  );
  assert.ok(found, 'what is written can be searched');
}

test('the policy of the active revision is shown; without one nothing may be reached', async () => {
  const shown = await stage.client.egress('desk');
  assert.deepEqual(
    [shown.revision, shown.mode, shown.liveMode, shown.callsPerMinute],
    [1, 'enforce', null, 30],
  );
  assert.deepEqual(
    shown.rules.map(({ index, text, live }) => [index, text, live]),
    [
      [0, 'api.example.com:443', null],
      [1, 'shop.example.com:443 GET /v1', null],
      [2, 'localhost:8080 in 127.0.0.0/8', null],
      [3, 'shut.localhost:8080', null],
    ],
  );
  const bare = await stage.client.egress('bare');
  assert.deepEqual([bare.revision, bare.mode, bare.rules], [1, 'enforce', []]);
  assert.equal((await call('GET', '/nobody/egress')).json.code, 'agent_not_found');
});

test('a rule is added, is in force, is refused twice, and is removed; each is an event', async () => {
  const added = await call('POST', '/desk/egress/rules', { rule: '*.tools.example.com:8443' });
  assert.equal(added.status, 201, added.text);
  assert.equal(added.json.text, '*.tools.example.com:8443');
  const again = await call('POST', '/desk/egress/rules', { rule: '*.tools.example.com:8443' });
  assert.deepEqual([again.status, again.json.code], [409, 'egress_rule_exists']);
  const { rules } = await stage.client.egress('desk');
  assert.equal(rules.at(-1)?.live?.id, added.json.id);
  assert.equal((await stage.client.egress('bare')).rules.length, 0);
  const tried = await stage.client.checkEgress('desk', {
    ...{ host: 'x.tools.example.com', port: 443 },
  });
  assert.deepEqual([tried.allowed, tried.code], [false, 'port_not_allowed']);
  assert.equal(tried.rule?.live, added.json.id);
  assert.equal(
    (await call('DELETE', '/bare/egress/rules/egr_x')).json.code,
    'egress_rule_not_found',
  );
  assert.equal((await call('DELETE', `/desk/egress/rules/${added.json.id}`)).status, 204);
  assert.equal((await stage.client.egress('desk')).rules.length, 4);
  assert.deepEqual(await changes(), [
    ['egress.rule_added', 'ok', 'desk', 'root'],
    ['egress.rule_added', 'refused', 'desk', 'root'],
    ['egress.rule_removed', 'refused', 'bare', 'root'],
    ['egress.rule_removed', 'ok', 'desk', 'root'],
  ]);
});

test('a rule that cannot be is refused with its value and what to write', async () => {
  for (const [rule, says] of [
    ['https://api.example.com', /has a scheme/],
    ['*', /would allow everything/],
    [{ host: '10.0.0.1' }, /is an address/],
    [{ host: 'a.example.com', paths: ['v1'] }, /must begin with/],
    [{ host: 'a.example.com', intercept: false, methods: ['GET'] }, /unseen/],
    [{ host: 'a.example.com', ranges: ['0.0.0.0/0'] }, /too wide/],
  ] as const) {
    const refused = await call('POST', '/desk/egress/rules', { rule });
    assert.deepEqual([refused.status, refused.json.code], [400, 'request_invalid'], refused.text);
    assert.match(refused.json.detail, says);
  }
});

test('the mode is set live and given back', async () => {
  const set = await stage.client.setEgressMode('bare', 'audit');
  assert.deepEqual([set.mode, set.liveMode?.updatedBy], ['audit', 'root']);
  const tried = await stage.client.checkEgress('bare', { host: 'localhost', port: 8080 });
  assert.deepEqual(
    [tried.allowed, tried.wouldRefuse, tried.code],
    [false, true, 'address_refused'],
  );
  const back = await stage.client.setEgressMode('bare', null);
  assert.deepEqual([back.mode, back.liveMode], ['enforce', null]);
});

test('a dry run says what would become of a call, addresses included', async () => {
  const at = (host: string, more: object = {}) =>
    stage.client.checkEgress('desk', { scheme: 'http', host, port: 8080, ...more });
  const open = await at('localhost', { method: 'GET', path: '/x' });
  assert.equal(open.allowed, true, JSON.stringify(open));
  assert.ok(open.addresses?.includes('127.0.0.1'));
  assert.equal(open.rule?.index, 2);
  const address = await at('127.0.0.1');
  assert.deepEqual([address.allowed, address.code, address.host], [false, 'host_invalid', '']);
  const method = await stage.client.checkEgress('desk', {
    ...{ host: 'shop.example.com', method: 'POST', path: '/v1' },
  });
  assert.deepEqual([method.code, method.rule?.index], ['method_not_allowed', 1]);
  const path = await stage.client.checkEgress('desk', {
    ...{ host: 'shop.example.com', method: 'GET', path: '/v1/../admin' },
  });
  assert.equal(path.code, 'path_ambiguous');
});

test('a policy is suggested from the calls in the log', async () => {
  const trail = stage.audit.trail(DEFAULT_WORKSPACE);
  const told = (attributes: EventDraft['attributes'], more: Partial<EventDraft> = {}) =>
    trail.record({
      ...{ kind: 'egress.call' as EventKind, actor: serviceEventActor('test'), agent: 'desk' },
      ...(attributes && { attributes }),
      ...more,
    });
  const target = { scheme: 'https', host: 'api.example.com', port: 443 };
  await told({ ...target, method: 'POST', path: '/v1/chat/completions', statusCode: 200 });
  await told({ ...target, method: 'POST', path: '/v1/chat/completions', statusCode: 200 });
  await told(
    { ...target, host: 'db.example.com', method: 'GET', path: '/' },
    { status: 'refused', error: { code: 'egress_address_refused', message: 'private' } },
  );
  await told({ ...target, host: 'git.example.com' }, { kind: 'egress.connection' as EventKind });
  await told(
    { scheme: 'tcp', host: 'pg.example.com', port: 5432 },
    { kind: 'egress.connection' as EventKind, status: 'refused' },
  );
  await told(
    { scheme: 'tcp', host: 'odd.example.com', port: 443 },
    { kind: 'egress.connection' as EventKind, status: 'refused' },
  );
  await told({ ...target, host: '10.0.0.1', method: 'GET', path: '/' }, { status: 'refused' });
  await told({ ...target, host: 'of-another.example.com' }, { agent: 'bare' });
  await told({ nothing: true });
  await searchable();
  const found = await stage.client.suggestEgress('desk', { since: '1h' });
  assert.deepEqual([found.observed, found.truncated], [7, false]);
  assert.deepEqual(
    found.rules.map(({ text, seen, refused, needsRanges }) => [text, seen, refused, needsRanges]),
    [
      ['api.example.com:443 POST /v1/chat/completions', 2, 0, false],
      ['db.example.com:443 GET', 1, 1, true],
      ['git.example.com:443 (passed through unseen)', 1, 0, false],
      ['odd.example.com:443', 1, 1, false],
      ['pg.example.com:5432 (passed through unseen)', 1, 1, false],
    ],
  );
  assert.deepEqual(
    found.stillRefused.map(({ host, count }) => [host, count]),
    [['10.0.0.1', 1]],
  );
  assert.match(found.yaml, /^egress:\n {2}mode: enforce\n {2}allow:\n/);
  const { rules } = await stage.client.suggestEgress('bare', { since: '1h' });
  assert.equal(rules[0]?.text, 'of-another.example.com:443');
  assert.equal((await call('GET', '/desk/egress/suggestion?since=soon')).status, 400);
});

test('who may only read can look and try, and changes nothing', async () => {
  const { value: token } = await stage.client.createToken({ name: 'reader', scopes: ['read'] });
  const as = (method: string, path: string, body?: object) =>
    stage.call(method, `/v1/agents/desk/egress${path}`, { token, ...(body && { body }) });
  assert.equal((await as('GET', '')).status, 200);
  assert.equal((await as('GET', '/suggestion')).status, 200);
  assert.equal((await as('POST', '/check', { host: 'x.example.com' })).status, 200);
  for (const [method, path, body] of [
    ['POST', '/rules', { rule: 'x.example.com' }],
    ['POST', '/mode', { mode: 'audit' }],
    ['DELETE', '/rules/egr_x', undefined],
  ] as const)
    assert.equal((await as(method, path, body)).status, 403, `${method} ${path}`);
});

test('live rules go with their agent: a later one of the same name begins without them', async () => {
  await stage.deploy('gone', { replicas: 1 });
  await stage.client.addEgressRule('gone', 'kept.example.com');
  await stage.client.setEgressMode('gone', 'audit');
  await stage.client.deleteAgent('gone');
  const removed = async () =>
    (await stage.store.agents.findByName(DEFAULT_WORKSPACE, 'gone')) === undefined;
  assert.ok(await waitUntil(removed, { timeoutMs: 20_000 }), 'the agent is gone');
  const ofAgent = ({ agent }: { agent: string }) => agent === 'gone';
  assert.deepEqual((await stage.store.egressRules.rules()).filter(ofAgent), []);
  assert.deepEqual((await stage.store.egressRules.modes()).filter(ofAgent), []);
});

test('a policy of an earlier revision comes back with it, and live rules stay', async () => {
  await stage.client.addEgressRule('desk', 'live.example.com');
  await stage.deploy('desk', { egress: { mode: 'audit' } });
  const now = await stage.client.egress('desk');
  assert.deepEqual(
    [now.revision, now.mode, now.rules.map(({ text }) => text)],
    [2, 'audit', ['live.example.com:443']],
  );
});
