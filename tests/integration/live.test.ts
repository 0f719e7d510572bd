/** One stream with states, figures and events, from a real swarmd with a real log. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import { overview } from '../../src/contracts/overview.ts';
import { type ApiStage, openApiStage } from './api-stage.ts';
import { type LiveTab, openLiveTab } from './live-tab.ts';
import { startSwarmdWithFakes } from './swarmd-with-fakes.ts';

const TIMEOUT_MS = 20_000;

let stage: ApiStage;
before(async () => {
  stage = await openApiStage();
  await stage.deploy('desk');
});
after(() => stage.close());

const openTab = (query: Record<string, string> = {}, options: { lastEventId?: string } = {}) =>
  openLiveTab(stage, { query, ...options });

async function call(path = '/hello'): Promise<number> {
  return (await stage.call('GET', `/agents/desk${path}`)).status;
}

describe('figures', () => {
  test('calls are counted, with how long they took and how they ended', async () => {
    await using tab = await openTab({ events: 'none' });
    const { agents } = await tab.first('agents');
    assert.deepEqual(
      agents.map(({ name }) => name),
      ['desk'],
    );
    for (let i = 0; i < 5; i++) await call();
    await stage.call('GET', '/agents/nobody/hello');
    const { overview: seen } = await tab.first(
      'overview',
      ({ overview: { complete, totals } }) =>
        complete && totals.callsToday >= 5 && totals.refusedToday >= 1,
    );
    assert.equal(seen.totals.callsPerMinute, 5);
    assert.equal(seen.totals.errorRate, 0);
    assert.ok((seen.totals.p50Ms ?? 0) > 0);
    const [desk] = seen.agents;
    assert.deepEqual([seen.agents.length, desk?.agent, desk?.callsToday], [1, 'desk', 5]);
    assert.equal(seen.refusals[0]?.error?.code, 'agent_not_found');
    const asked = overview.parse((await stage.call('GET', '/v1/overview')).json);
    assert.equal(asked.totals.callsToday, 5);
    assert.ok(tab.messages.every(({ id, message }) => id === '' && message.type !== 'event'));
  });

  test('what fails is among the failures, whatever it is', async () => {
    await using tab = await openTab({ events: 'none' });
    const [machine] = (await stage.call('GET', '/v1/agents/desk/machines')).json.items;
    stage.machines.die(machine.id);
    const { overview: seen } = await tab.first('overview', ({ overview: { failures } }) =>
      failures.some(({ kind }) => kind === 'machine.failed'),
    );
    const failed = seen.failures.find(({ kind }) => kind === 'machine.failed');
    assert.deepEqual([failed?.agent, failed?.machine], ['desk', machine.id]);
    assert.ok(failed?.error?.message);
  });
});

test('machines are shown with what they use, and how they fared is in the log', async () => {
  const machines = async () => (await stage.call('GET', '/v1/agents/desk/machines')).json.items;
  const running = await waitUntil(
    async () =>
      (await machines()).find(({ state }: { state: string }) => state === 'healthy') ?? undefined,
    { timeoutMs: TIMEOUT_MS },
  );
  assert.ok(running.usage.memoryBytes > 0 && running.usage.cpuMs > 0);
  const [replica] = (await stage.client.agent('desk')).replicas.items;
  assert.deepEqual([replica?.restarts, replica?.machine?.usage], [1, running.usage]);
  await newestSeq();
  const { items } = await stage.client.events({ kind: 'machine.*,replica.*', agent: 'desk' });
  const history = items.filter(({ kind }) => kind !== 'machine.started').toReversed();
  assert.deepEqual(
    history.map(({ kind }) => kind),
    ['machine.healthy', 'machine.failed', 'replica.restart', 'machine.healthy'],
  );
  assert.equal(typeof history[1]?.attributes?.reason, 'string');
});

describe('states', () => {
  test('each change of an agent is told as it comes, and its end', async () => {
    await using tab = await openTab({ events: 'none' });
    await stage.deploy('brief');
    await tab.first('agent', ({ agent }) => agent.name === 'brief' && agent.state === 'running');
    await stage.call('POST', '/v1/agents/brief/scale', { body: { replicas: 2 } });
    await tab.first('agent', ({ agent }) => agent.name === 'brief' && agent.replicas.healthy === 2);
    await stage.call('DELETE', '/v1/agents/brief');
    await tab.first('agent_deleted', ({ name }) => name === 'brief');
    await using later = await openTab({ events: 'none' });
    const { agents } = await later.first('agents');
    assert.deepEqual(
      agents.map(({ name }) => name),
      ['desk'],
    );
  });
});

describe('events', () => {
  const terms = { kind: 'gateway.call', agent: 'desk' };
  const ended = (tab: LiveTab) =>
    tab.messages.flatMap(({ message }) =>
      message.type === 'event' && message.event.status !== 'open' ? [message.event.id] : [],
    );

  test('come as they begin and end, from now on, and only those that match', async () => {
    await using all = await openTab();
    await using tab = await openTab(terms);
    await tab.first('overview');
    await call();
    await tab.first('event', ({ event }) => event.status === 'ok');
    const statuses = tab.messages.flatMap(({ message }) =>
      message.type === 'event' ? [message.event.status] : [],
    );
    assert.deepEqual(statuses, ['open', 'ok']);
    const token = await stage.client.createToken({ name: 'for a while', scopes: ['read'] });
    await all.first('event', ({ event }) => event.kind === 'token.create');
    await stage.call('DELETE', `/v1/tokens/${token.id}`);
    assert.equal(tab.events().length, 2);
  });

  test('a tab that breaks off again and again misses none and sees none twice', async () => {
    const seen: string[] = [];
    const seqs: number[] = [];
    let lastEventId: string | undefined;
    const started = await newestSeq();
    for (let round = 0; round < 6; round++) {
      const calls = round % 2 === 0 ? 3 : 0;
      await using tab = await openTab(terms, { ...(lastEventId !== undefined && { lastEventId }) });
      await tab.first('overview');
      for (let i = 0; i < calls; i++) await call();
      // Sometimes it breaks in the middle of what there is to tell.
      const enough = round === 2 ? 1 : calls;
      await waitUntil(() => ended(tab).length >= enough, { timeoutMs: TIMEOUT_MS });
      seen.push(...ended(tab));
      seqs.push(
        ...tab.messages.flatMap(({ id, message }) =>
          message.type === 'event' ? [Number(id)] : [],
        ),
      );
      lastEventId = tab.lastId();
      if (round < 5) await call();
    }
    await waitUntil(async () => (await callsBehind(started)).length === 14, {
      timeoutMs: TIMEOUT_MS,
    });
    await using last = await openTab(terms, { ...(lastEventId !== undefined && { lastEventId }) });
    const expected = await callsBehind(started);
    await waitUntil(() => seen.length + ended(last).length >= expected.length, {
      timeoutMs: TIMEOUT_MS,
    });
    seen.push(...ended(last));
    assert.deepEqual(seen.toSorted(), expected.toSorted());
    assert.deepEqual(
      seqs,
      [...new Set(seqs)].toSorted((a, b) => a - b),
    );
  });

  test('more than a thousand behind: it says so and goes on from now', async () => {
    const ofProgram = { kind: 'program.*' };
    let lastEventId = '';
    {
      await using tab = await openTab(ofProgram);
      await tab.first('overview');
      lastEventId = tab.lastId();
    }
    const send = (count: number) =>
      stage.call('POST', '/v1/events', {
        headers: { 'content-type': 'application/x-ndjson' },
        body: '{"kind":"program.tick"}\n'.repeat(count),
      });
    assert.equal((await send(1_001)).json.accepted, 1_001);
    await newestSeq();
    // Nobody asked for these before: they are looked for in the log.
    await using tab = await openTab({ kind: 'program.tick' }, { lastEventId });
    await tab.first('reset');
    assert.equal(tab.events().length, 0);
    await send(1);
    await tab.first('event');
    assert.equal(tab.events().length, 1);
    // What is behind, but does not match, does not count.
    await using other = await openTab(terms, { lastEventId });
    await call();
    await other.first('event', ({ event }) => event.status === 'ok');
    assert.ok(other.messages.every(({ message }) => message.type !== 'reset'));
  });

  test('a number that no entry has yet is answered with a reset', async () => {
    await using tab = await openTab({}, { lastEventId: '999999999' });
    await tab.first('reset');
    await call();
    await tab.first('event', ({ event }) => event.kind === 'gateway.call');
  });
});

test('who may not read gets no stream, and a query that is none gets no stream either', async () => {
  for (const scopes of [['invoke'], ['audit'], ['ingest']] as const) {
    const token = await stage.client.createToken({
      name: `only-${scopes[0]}`,
      scopes: [...scopes],
    });
    for (const path of ['/v1/live', '/v1/live?events=none', '/v1/overview']) {
      const answer = await stage.call('GET', path, { token: token.value });
      assert.deepEqual([answer.status, answer.json.code], [403, 'not_permitted'], path);
    }
  }
  assert.equal((await stage.call('GET', '/v1/live', { token: null })).status, 401);
  const wrong = async (path: string, headers = {}) =>
    (await stage.call('GET', path, { headers })).json.code;
  assert.equal(await wrong('/v1/live', { 'last-event-id': 'x' }), 'last_event_id_invalid');
  assert.equal(await wrong('/v1/live?text=%21'), 'event_query_invalid');
  assert.equal(await wrong('/v1/live?events=some'), 'request_invalid');
  assert.equal(await wrong('/v1/live?agnet=x'), 'request_invalid');
});

test('figures are those of before after a crash, and the client reads the stream', async () => {
  const swarmd = await startSwarmdWithFakes();
  try {
    for (let i = 0; i < 3; i++)
      (await swarmd.client.invoke('nobody', { method: 'GET', path: '/hello' })).body.resume();
    const figures = () =>
      waitUntil(
        async () => {
          const now = await swarmd.client.overview();
          return now.complete && now.refusals.length >= 3 ? now : undefined;
        },
        { timeoutMs: TIMEOUT_MS },
      );
    const before = await figures();
    await swarmd.restart('SIGKILL');
    const after = await figures();
    assert.equal(before?.totals.refusedToday, 3);
    assert.deepEqual(
      [after?.totals.refusedToday, after?.totals.series.refused.reduce((a, b) => a + b)],
      [3, 3],
    );
    assert.deepEqual(
      after?.refusals.map(({ id }) => id),
      before?.refusals.map(({ id }) => id),
    );
    const types: string[] = [];
    for await (const message of swarmd.client.live({ kind: 'gateway.call' })) {
      types.push(message.type);
      if (message.type === 'event') break;
      if (message.type === 'overview' && types.length === 2)
        (await swarmd.client.invoke('nobody', { method: 'GET', path: '/' })).body.resume();
    }
    assert.deepEqual(types.slice(0, 2), ['agents', 'overview']);
  } finally {
    await swarmd.remove();
  }
});

async function newestSeq(): Promise<number> {
  await stage.audit.search.caughtUp('default', stage.audit.writer.committed('default').size, {
    timeoutMs: TIMEOUT_MS,
  });
  return stage.audit.search.indexed('default') - 1;
}

/** Ids of the calls that began behind an entry and have ended. */
async function callsBehind(seq: number): Promise<string[]> {
  const { items } = await stage.client.events({
    ...{ kind: 'gateway.call', agent: 'desk', status: 'ok,error', limit: 1_000 },
  });
  return items.filter((event) => event.seq > seq).map(({ id }) => id);
}
