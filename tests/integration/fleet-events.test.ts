/** What fleet and deployments do by themselves is told to the audit log, by its own name. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { actor, createWorld, type World } from './fleet-world.ts';

let world: World;
afterEach(() => world.close());

const kinds = () => world.notes.map(({ kind }) => String(kind));
const told = (kind: string) => world.notes.filter((note) => note.kind === kind);
const untilTold = (kind: string, count = 1) =>
  world.until(`${count} × ${kind}`, () => told(kind).length >= count);

test('a deployment, step by step, and the machine that it starts', async () => {
  world = await createWorld();
  const deployment = await world.deployed({});
  await untilTold('deployment.ended');
  await untilTold('machine.healthy');
  const steps = ['resolve', 'rootfs', 'revision', 'machines', 'healthy', 'traffic', 'retire'];
  const begun = told('deployment.step_begun').map(({ attributes }) => attributes?.step);
  assert.deepEqual(begun, steps);
  for (const note of told('deployment.step_ended')) {
    assert.equal(note.status ?? 'ok', 'ok');
    assert.ok(note.durationNs !== undefined && note.durationNs >= 0);
  }
  for (const note of world.notes) {
    assert.equal(note.agent, 'desk', note.kind);
    const expected = String(note.kind).startsWith('deployment.') ? 'deploy' : 'fleet';
    assert.deepEqual([note.actor.id, note.actor.auth], [`service:${expected}`, 'internal']);
    if (expected === 'deploy') assert.equal(note.attributes?.deployment, deployment.id);
    else assert.match(note.machine ?? '', /^mch_/);
  }
  const order = kinds();
  assert.ok(order.indexOf('machine.started') < order.indexOf('machine.healthy'));
  assert.ok(order.indexOf('deployment.begun') < order.indexOf('deployment.ended'));
});

test('a deployment that fails, with the step, the error and what is undone', async () => {
  world = await createWorld();
  await world.deployed({ image: 'missing' });
  await untilTold('deployment.ended');
  const failed = told('deployment.step_ended').find(({ status }) => status === 'error');
  assert.deepEqual(
    [failed?.attributes?.step, failed?.error?.code],
    ['resolve', 'deployment_failed'],
  );
  const ended = told('deployment.ended')[0];
  assert.deepEqual([ended?.status, ended?.attributes?.state], ['error', 'failed']);
});

test('a machine that ends, its replacement, and the replica that is given up', async () => {
  world = await createWorld();
  await world.deployed({ spec: { restart: { policy: 'always', retries: 1 } } });
  await untilTold('machine.healthy');
  const first = told('machine.started')[0]?.machine ?? '';
  world.machines.die(first);
  await untilTold('replica.restart');
  const [failed] = told('machine.failed');
  assert.deepEqual(
    [failed?.machine, failed?.status, failed?.error?.code, failed?.replica, failed?.revision],
    [first, 'error', 'machine_lost', 0, 1],
  );
  assert.equal(told('replica.restart')[0]?.attributes?.failures, 1);
  await untilTold('machine.started', 2);
  world.machines.die(told('machine.started')[1]?.machine ?? '');
  await untilTold('replica.given_up');
  assert.equal(told('replica.given_up')[0]?.status, 'error');
});

test('machines that outlive swarmd are taken up; those of a deleted agent stop', async () => {
  world = await createWorld();
  await world.deployed({});
  await untilTold('machine.healthy');
  const machine = told('machine.started')[0]?.machine;
  await world.restart();
  await untilTold('machine.adopted');
  assert.equal(told('machine.adopted')[0]?.machine, machine);
  await world.fleet.delete({ actor, agent: 'desk' });
  await untilTold('agent.removed');
  const [stopped] = told('machine.stopped');
  assert.deepEqual([stopped?.machine, stopped?.agent], [machine, 'desk']);
});

test('all machines stopped together with swarmd', async () => {
  world = await createWorld();
  await world.deployed({});
  await world.restart({ stopMachines: true });
  assert.match(String(told('machine.stopped')[0]?.attributes?.reason), /swarmd/);
});
