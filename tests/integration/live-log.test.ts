/** The log of an agent and the progress of a deployment on the stream of a tab. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import type { LogRecordResource } from '../../src/contracts/resources.ts';
import { type ApiStage, openApiStage } from './api-stage.ts';
import { type LiveTab, openLiveTab } from './live-tab.ts';

const TIMEOUT_MS = 60_000;

let stage: ApiStage;
before(async () => {
  stage = await openApiStage();
});
after(() => stage.close());

const openTab = (query: Record<string, string>, lastEventId?: string) =>
  openLiveTab(stage, { query, lastEventId });

const recordsOf = (tab: LiveTab): LogRecordResource[] =>
  tab.messages.flatMap(({ message }) => (message.type === 'log' ? message.records : []));
const droppedOf = (tab: LiveTab): number =>
  tab.messages.reduce(
    (sum, { message }) => sum + (message.type === 'log' ? message.dropped : 0),
    0,
  );
const namesOf = (records: readonly LogRecordResource[]) =>
  records.map(({ machine, seq }) => `${machine} ${seq}`);

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  assert.ok(await waitUntil(condition, { timeoutMs: TIMEOUT_MS }), what);
}
async function machinesOf(agent: string): Promise<string[]> {
  return (await stage.client.machines(agent)).items
    .filter(({ state }) => state === 'healthy')
    .map(({ id }) => id);
}
function say(machine: string | undefined, count: number): void {
  for (let i = 0; i < count; i++) stage.machines.say(machine ?? '', 'x'.repeat(100));
}

test('lines and events of a tab that breaks off again and again: none lost, none twice', async () => {
  await stage.deploy('desk', { replicas: 2 });
  const terms = { log: 'desk', kind: 'gateway.call', agent: 'desk' };
  const heard: LogRecordResource[] = [];
  const events: string[] = [];
  let lastEventId: string | undefined;
  let said = 0;
  let called = 0;
  const sayEverywhere = async (count: number) => {
    const machines = await machinesOf('desk');
    for (const machine of machines) say(machine, count);
    said += count * machines.length;
  };
  for (let round = 0; round < 8; round++) {
    await using tab = await openTab(terms, lastEventId);
    await tab.first('overview');
    // More than a message holds: it breaks in the middle of what there is to tell.
    await sayEverywhere(round % 3 === 1 ? 1_500 : 5);
    await stage.call('GET', '/agents/desk/hello');
    called++;
    const enough = heard.length + 1;
    await until(() => heard.length + recordsOf(tab).length >= enough, 'no lines came');
    if (round === 3) {
      const [first] = await machinesOf('desk');
      stage.machines.die(first ?? '');
      const replaced = async () => {
        const now = await machinesOf('desk');
        return now.length === 2 && !now.includes(first ?? '');
      };
      await until(replaced, 'the machine was not replaced');
    }
    heard.push(...recordsOf(tab));
    events.push(...endedOf(tab));
    assert.equal(droppedOf(tab), 0);
    lastEventId = tab.lastId();
    assert.match(lastEventId, /^\d+;log=desk:/);
    // While nobody is there.
    await tab[Symbol.asyncDispose]();
    await sayEverywhere(3);
  }
  await using last = await openTab(terms, lastEventId);
  await until(() => heard.length + recordsOf(last).length >= said, `of ${said} lines`);
  await until(() => events.length + endedOf(last).length >= called, `of ${called} calls`);
  heard.push(...recordsOf(last));
  events.push(...endedOf(last));
  assert.equal(heard.length, said);
  assert.equal(new Set(namesOf(heard)).size, said);
  assert.equal(new Set(events).size, called);
  for (const machine of new Set(heard.map((record) => record.machine))) {
    const seqs = heard.filter((record) => record.machine === machine).map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      seqs.map((_, index) => index + 1),
    );
  }
});

function endedOf(tab: LiveTab): string[] {
  return tab.messages.flatMap(({ message }) =>
    message.type === 'event' && message.event.status !== 'open' ? [message.event.id] : [],
  );
}

test('it begins with the newest lines, and what is older does not come later', async () => {
  await stage.deploy('quiet', { replicas: 2 });
  const [one = '', other = ''] = await machinesOf('quiet');
  stage.machines.say(one, 'of long ago');
  await new Promise((resolve) => setTimeout(resolve, 5));
  say(other, 10);
  const query = { events: 'none', log: 'quiet', logTail: '3' };
  await using tab = await openTab(query);
  await until(() => recordsOf(tab).length === 3, 'no three lines');
  stage.machines.say(one, 'now');
  await until(() => recordsOf(tab).length === 4, 'no fourth line');
  assert.deepEqual(namesOf(recordsOf(tab)), [
    ...[8, 9, 10].map((seq) => `${other} ${seq}`),
    `${one} 2`,
  ]);
  assert.equal(droppedOf(tab), 0);
  // A place in the log of another agent, or none, is no place in this one.
  await stage.deploy('loud');
  await using fresh = await openTab({ ...query, log: 'loud' }, tab.lastId());
  await fresh.first('overview');
  say((await machinesOf('loud'))[0], 1);
  await until(() => recordsOf(fresh).length === 1, 'no line');
});

test('with more behind than is told, it says how many were dropped', async () => {
  await stage.deploy('behind');
  const [machine] = await machinesOf('behind');
  const query = { events: 'none', log: 'behind' };
  let lastEventId: string;
  {
    await using tab = await openTab(query);
    say(machine, 1);
    await until(() => recordsOf(tab).length === 1, 'no line');
    lastEventId = tab.lastId();
  }
  say(machine, 50_100);
  await using tab = await openTab(query, lastEventId);
  await tab.first('log', ({ records }) => records.at(-1)?.seq === 50_101);
  assert.deepEqual([recordsOf(tab).length, droppedOf(tab)], [50_000, 100]);
});

test('states and calls are told while an agent prints without end', async () => {
  await stage.deploy('flood');
  await using tab = await openTab({ log: 'flood', logTail: '50000', kind: 'gateway.call' });
  const [machine = ''] = await machinesOf('flood');
  const line = 'x'.repeat(16 * 1024);
  const feeder = setInterval(() => {
    for (let i = 0; i < 20; i++) stage.machines.say(machine, line);
  }, 20);
  try {
    await until(() => recordsOf(tab).length > 500, 'no flood');
    await stage.call('POST', '/v1/agents/flood/scale', { body: { replicas: 2 } });
    await tab.first('agent', ({ agent }) => agent.name === 'flood' && agent.replicas.healthy === 2);
    await stage.call('GET', '/agents/flood/hello');
    await tab.first('event', ({ event }) => event.status === 'ok');
    await tab.first('overview', ({ overview }) =>
      overview.agents.some(({ agent, callsToday }) => agent === 'flood' && callsToday === 1),
    );
    const sizes = tab.messages.map(({ message }) =>
      message.type === 'log' ? JSON.stringify(message).length : 0,
    );
    assert.ok(Math.max(...sizes) < 128 * 1024, `${Math.max(...sizes)} characters in a message`);
  } finally {
    clearInterval(feeder);
  }
});

test('the agent is deleted: it says so, and the stream goes on', async () => {
  await stage.deploy('brief');
  await using tab = await openTab({ log: 'brief', events: 'none' });
  say((await machinesOf('brief'))[0], 1);
  await until(() => recordsOf(tab).length === 1, 'no line');
  await stage.client.deleteAgent('brief');
  const { reason } = await tab.first('log_ended');
  assert.equal(reason, 'agent_deleted');
  await tab.first('agent_deleted', ({ name }) => name === 'brief');
  await stage.deploy('next');
  await tab.first('agent', ({ agent }) => agent.name === 'next');
});

test('who may not read the log gets no stream with it, for the same reason', async () => {
  await stage.deploy('kept');
  for (const scope of ['invoke', 'audit', 'ingest'] as const) {
    const { value } = await stage.client.createToken({ name: `log-${scope}`, scopes: [scope] });
    for (const path of ['/v1/agents/kept/logs', '/v1/live?log=kept&events=none']) {
      const answer = await stage.call('GET', path, { token: value });
      assert.deepEqual([answer.status, answer.json.code], [403, 'not_permitted'], path);
    }
  }
  for (const path of ['/v1/agents/nobody/logs', '/v1/live?log=nobody&events=none']) {
    const answer = await stage.call('GET', path);
    assert.deepEqual([answer.status, answer.json.code], [404, 'agent_not_found'], path);
  }
  const code = async (path: string, headers = {}) =>
    (await stage.call('GET', path, { headers })).json.code;
  assert.equal(await code('/v1/live?log=kept&logTail=50001'), 'request_invalid');
  assert.equal(await code('/v1/live?log=..%2Fkept'), 'request_invalid');
  assert.equal(await code('/v1/live?deployment=dpl_none'), 'deployment_not_found');
  for (const id of ['1;log=', '1;log=kept;log=kept', 'x;log=kept', `1;log=${'k'.repeat(11_000)}`])
    assert.equal(
      await code('/v1/live?log=kept', { 'last-event-id': id }),
      'last_event_id_invalid',
      id.slice(0, 20),
    );
});

test('the progress of a deployment comes once, over connections, to its end', async () => {
  await stage.deploy('moved');
  const { items } = await stage.client.deployments({ agent: 'moved' });
  const id = items[0]?.id ?? '';
  const query = { events: 'none', deployment: id };
  await using tab = await openTab(query);
  await tab.first('deployment_ended');
  const told = tab.messages.flatMap(({ message }) =>
    message.type === 'deployment' ? message.events : [],
  );
  assert.equal(told.at(-1)?.type, 'finished');
  assert.deepEqual(
    told.map(({ seq }) => seq),
    told.map((_, index) => index + 1),
  );
  assert.match(tab.lastId(), new RegExp(`^;deployment=${id}\\.${told.length}$`));
  await using later = await openTab(query, `;deployment=${id}.${told.length - 1}`);
  await later.first('deployment_ended');
  const last = later.messages.flatMap(({ message }) =>
    message.type === 'deployment' ? message.events : [],
  );
  assert.deepEqual(last, told.slice(-1));
});
