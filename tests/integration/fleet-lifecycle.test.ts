/** What happens to an agent after it was deployed: scale, restart, loss, rollback, deletion. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { FleetEvent } from '../../src/fleet/fleet.ts';
import { actor, createWorld, type World } from './fleet-world.ts';

const targetsOf = (world: World) => world.fleet.route('desk')?.targets ?? [];

describe('an agent', () => {
  let world: World;
  afterEach(() => world.close());

  it('scales up and down, down to nothing, and says so', async () => {
    world = await createWorld();
    await world.deployed({});
    await world.fleet.scale({ actor, agent: 'desk', replicas: 3 });
    await world.until('3 targets', () => targetsOf(world).length === 3);
    assert.deepEqual(
      targetsOf(world)
        .map(({ replica }) => replica)
        .sort(),
      [0, 1, 2],
    );
    await world.fleet.scale({ actor, agent: 'desk', replicas: 0 });
    await world.until('no machine', () => world.host.machines.size === 0);
    assert.equal(world.fleet.route('desk')?.unavailable, '0 replicas are wanted');
    assert.equal((await world.fleet.agent(actor, 'desk')).state, 'stopped');
  });

  it('whose health is asked on another port has that port reachable too', async () => {
    world = await createWorld();
    await world.deploy({ spec: { port: 8000, health: { path: '/healthz', port: 9000 } } });
    const request = await world.until('a start', () => world.machines.starts[0]);
    assert.deepEqual([request.port, request.extraPorts], [8000, [9000]]);
  });

  it('is deployed with 0 replicas without a machine', async () => {
    world = await createWorld();
    const ended = await world.deployed({ spec: { replicas: 0 } });
    assert.equal(ended.state, 'succeeded');
    assert.equal(world.machines.starts.length, 0);
  });

  it('gets a new machine at once when one dies, and its route follows', async () => {
    world = await createWorld();
    await world.deployed({ spec: { replicas: 2 } });
    const [lost, kept] = targetsOf(world);
    world.machines.die(lost?.machineId ?? '');
    await world.until('the route has lost it', () => targetsOf(world).length === 1);
    assert.deepEqual(targetsOf(world), [kept]);
    await world.until('a new one', () => targetsOf(world).length === 2);
    await world.until('the old one is cleared', () => world.host.machines.size === 2);
    const rows = await world.fleet.machines(actor, 'desk');
    const failed = rows.find(({ id }) => id === lost?.machineId);
    assert.equal(failed?.state, 'failed');
    assert.match(failed?.reason ?? '', /VMM is gone/);
    const agent = await world.fleet.agent(actor, 'desk');
    assert.deepEqual(agent.replicas.items.map(({ restarts }) => restarts).sort(), [0, 1]);
  });

  it('that ends for good is given up, visibly, until somebody scales or restarts it', async () => {
    let broken = false;
    world = await createWorld({
      faults: () => (broken ? { exitAfterMs: 1, exit: { oomKilled: true } } : {}),
    });
    await world.deployed({ spec: { restart: { policy: 'always', retries: 1 } } });
    broken = true;
    world.machines.endProcess(targetsOf(world)[0]?.machineId ?? '');
    const agent = await world.until('given up', async () => {
      const now = await world.fleet.agent(actor, 'desk');
      return now.state === 'failed' && now;
    });
    assert.equal(agent.replicas.items[0]?.state, 'given_up');
    assert.match(world.fleet.route('desk')?.unavailable ?? '', /given up after 2 .*out of memory/);
    broken = false;
    await world.fleet.scale({ actor, agent: 'desk', replicas: 1 });
    await world.until('running', () => targetsOf(world).length === 1);
  });

  it('whose machines are stopped with swarmd starts again with none of them failed', async () => {
    world = await createWorld();
    await world.deployed({ spec: { replicas: 2 } });
    const before = (await world.fleet.machines(actor, 'desk')).map(({ id }) => id);
    await world.restart({ stopMachines: true });
    await world.until('2 targets', () => targetsOf(world).length === 2);
    const rows = await world.fleet.machines(actor, 'desk');
    const stopped = rows.filter(({ id }) => before.includes(id));
    assert.deepEqual(
      stopped.map(({ state, reason }) => ({ state, reason })),
      before.map(() => ({ state: 'stopped', reason: 'stopped together with swarmd' })),
    );
    assert.equal(rows.length, 4);
    assert.equal(world.host.machines.size, 2);
    const { replicas } = await world.fleet.agent(actor, 'desk');
    assert.deepEqual(
      replicas.items.map(({ restarts }) => restarts),
      [0, 0],
    );
    const slots = await world.store.slots.listOf((await world.fleet.agent(actor, 'desk')).id);
    assert.ok(slots.every(({ failures, failure }) => failures === 0 && failure === null));
  });

  it('whose process ends with code 0 is completed unless it always runs', async () => {
    world = await createWorld();
    await world.deployed({ spec: { restart: 'on-failure' } });
    world.machines.endProcess(targetsOf(world)[0]?.machineId ?? '', { exitCode: 0 });
    await world.until('cleared', () => world.host.machines.size === 0);
    const agent = await world.fleet.agent(actor, 'desk');
    assert.equal(agent.state, 'stopped');
    assert.equal(agent.replicas.items[0]?.state, 'completed');
  });

  it('whose machine becomes unhealthy loses its calls at once and is replaced', async () => {
    const sick = new Set<string>();
    world = await createWorld({
      handler: (_request, response, { machineId }) => {
        response.writeHead(sick.has(machineId) ? 500 : 200).end();
      },
    });
    const health = {
      path: '/',
      interval: '500ms',
      grace_period: '0s',
      unhealthy_threshold: 2,
    };
    await world.deployed({ spec: { health } });
    const first = targetsOf(world)[0]?.machineId ?? '';
    sick.add(first);
    await world.until('replaced', () => {
      const [target] = targetsOf(world);
      return target !== undefined && target.machineId !== first;
    });
    const rows = await world.fleet.machines(actor, 'desk');
    assert.match(rows.find(({ id }) => id === first)?.reason ?? '', /answered 500/);
    await world.until('cleared', () => world.host.machines.size === 1);
  });

  it('restarts with new machines of the same revision, the new ones first', async () => {
    world = await createWorld();
    await world.deployed({ spec: { replicas: 2 } });
    const before = targetsOf(world).map(({ machineId }) => machineId);
    const ended = await world.ended(await world.deployer.restart({ actor, agent: 'desk' }));
    assert.equal(ended.state, 'succeeded');
    assert.equal(ended.toRevision, 1);
    const after = targetsOf(world).map(({ machineId }) => machineId);
    assert.equal(after.length, 2);
    assert.ok(after.every((machineId) => !before.includes(machineId)));
  });

  it('rolls back to what was active before, and forth again', async () => {
    world = await createWorld();
    await world.deployed({ image: 'one' });
    const early = world.deployer.rollback({ actor, agent: 'desk' });
    await assert.rejects(early, { code: 'no_earlier_revision' });
    await world.deployed({ image: 'two' });
    await world.ended(await world.deployer.restart({ actor, agent: 'desk' }));
    const back = await world.ended(await world.deployer.rollback({ actor, agent: 'desk' }));
    assert.deepEqual([back.fromRevision, back.toRevision], [2, 1]);
    const forth = await world.ended(
      await world.deployer.rollback({ actor, agent: 'desk', revision: 2 }),
    );
    assert.deepEqual([forth.state, forth.toRevision], ['succeeded', 2]);
    const unknown = world.deployer.rollback({ actor, agent: 'desk', revision: 9 });
    await assert.rejects(unknown, { code: 'revision_not_found' });
    const active = world.deployer.rollback({ actor, agent: 'desk', revision: 2 });
    await assert.rejects(active, { code: 'revision_active' });
  });

  it('deployed again unchanged keeps its machines; a new count of replicas is live', async () => {
    world = await createWorld();
    await world.deployed({});
    const before = targetsOf(world);
    const same = await world.deployed({});
    assert.deepEqual([same.state, same.toRevision], ['succeeded', 1]);
    assert.deepEqual(targetsOf(world), before);
    const events = await world.eventsOf(same.id);
    assert.ok(
      events.some((event) => event.type === 'log' && event.text.includes('nothing changed')),
    );
    await world.deployed({ spec: { replicas: 2 } });
    await world.until('2 targets', () => targetsOf(world).length === 2);
    assert.ok(targetsOf(world).some(({ machineId }) => machineId === before[0]?.machineId));
    assert.equal((await world.fleet.agent(actor, 'desk')).revision, 1);
  });

  it('is deleted with everything, and its name is free', async () => {
    world = await createWorld();
    await world.deployed({ spec: { replicas: 2 } });
    await world.fleet.delete({ actor, agent: 'desk' });
    await world.until('gone', async () => (await world.fleet.agents(actor)).length === 0);
    assert.equal(world.host.machines.size, 0);
    assert.equal(world.host.logs.size, 0);
    await assert.rejects(world.fleet.agent(actor, 'desk'), { code: 'agent_not_found' });
    assert.equal((await world.deployed({})).toRevision, 1);
    await assert.rejects(world.fleet.agent(actor, 'dsek'), { remedy: /"desk"/ });
  });

  it('is watched: its state now, then its newest state', async () => {
    world = await createWorld();
    const abort = new AbortController();
    const seen: FleetEvent[] = [];
    const watching = (async () => {
      for await (const event of world.fleet.watch(actor, { signal: abort.signal }))
        seen.push(event);
    })();
    await world.deployed({});
    await world.fleet.delete({ actor, agent: 'desk' });
    await world.until('deletion is told', () => seen.at(-1)?.type === 'agent_deleted');
    abort.abort();
    await watching;
    const states = seen.flatMap((event) => (event.type === 'agent' ? [event.agent.state] : []));
    assert.equal(states[0], 'deploying');
    assert.ok(states.includes('running'));
    assert.equal(states.at(-1), 'deleting');
  });

  it('gives the machine for a command inside', async () => {
    world = await createWorld();
    await world.deployed({ spec: { replicas: 2, env: { A: 'b' } } });
    const picked = await world.fleet.pickMachine(actor, { agent: 'desk', replica: 1 });
    assert.equal(picked.process.env.A, 'b');
    assert.equal(picked.process.env.SWARM_REPLICA, '1');
    const missing = world.fleet.pickMachine(actor, { agent: 'desk', replica: 2 });
    await assert.rejects(missing, { code: 'replica_not_found' });
  });
});
