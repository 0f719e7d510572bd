/** kill -9 of swarmd at any moment: the next one carries on, and nothing is left over. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { sleep } from '../../src/base/wait.ts';
import { actor, createWorld, type World } from './fleet-world.ts';

const wantsRest = async (world: World) => {
  const { items } = await world.deployer.list(actor, { limit: 100 });
  return items.every(({ finishedAt }) => finishedAt !== null);
};

describe('a crash of swarmd', () => {
  let world: World;
  afterEach(() => world.close());

  it('leaves healthy machines running, which the next one adopts and routes to', async () => {
    world = await createWorld();
    await world.deployed({ spec: { replicas: 2 } });
    const before = world.fleet.route('desk')?.targets;
    await world.crash();
    await world.until('routes', () => world.fleet.route('desk')?.targets.length === 2);
    assert.deepEqual(world.fleet.route('desk')?.targets, before);
    assert.equal(world.machines.starts.length, 0);
  });

  it('with machines that ended meanwhile has them replaced', async () => {
    world = await createWorld();
    await world.deployed({ spec: { replicas: 2 } });
    const lost = world.fleet.route('desk')?.targets[0]?.machineId ?? '';
    const { host } = world;
    await world.store.close();
    world.machines.die(lost);
    await world.crash();
    await world.until('2 targets', () => world.fleet.route('desk')?.targets.length === 2);
    await world.until('2 machines', () => host.machines.size === 2);
    const rows = await world.fleet.machines(actor, 'desk');
    assert.match(rows.find(({ id }) => id === lost)?.reason ?? '', /VMM is gone|not running/);
  });

  it('before the image is made fails the deployment, visibly', async () => {
    let hold = true;
    world = await createWorld({
      aroundStep: async (name, act) => {
        if (name === 'resolve' && hold) await sleep(60_000, undefined, { ref: false });
        return act();
      },
    });
    const deployment = await world.deploy({});
    await world.until('the step', async () => {
      const now = await world.deployer.get(actor, deployment.id);
      return now.step === 'resolve';
    });
    hold = false;
    await world.crash();
    const ended = await world.ended(deployment);
    assert.equal(ended.error?.code, 'deployment_interrupted');
    await world.until('no agent', async () => (await world.fleet.agents(actor)).length === 0);
  });

  it('while machines start is carried on with', async () => {
    let bootMs = 60_000;
    world = await createWorld({ faults: () => ({ bootMs }) });
    const deployment = await world.deploy({ spec: { replicas: 2 } });
    await world.until('boots', () => world.machines.starts.length === 2);
    bootMs = 0;
    await world.crash();
    const ended = await world.ended(deployment);
    assert.equal(ended.state, 'succeeded', JSON.stringify(ended.error));
    assert.equal(world.host.machines.size, 2);
    const events = await world.eventsOf(deployment.id);
    assert.deepEqual(
      events.map(({ seq }) => seq),
      [...events.keys()].map((index) => index + 1),
    );
  });

  it('at random moments leaves nothing over', async () => {
    world = await createWorld({
      faults: () => ({
        bootMs: Math.random() * 20,
        ...(Math.random() < 0.2 && { exitAfterMs: Math.random() * 50 }),
        ...(Math.random() < 0.1 && { bootFails: true }),
      }),
    });
    const ignore = () => undefined;
    for (let round = 0; round < 15; round++) {
      await world.deploy({ image: `image${round % 3}`, spec: { replicas: 2 } }).catch(ignore);
      await sleep(Math.random() * 150);
      if (Math.random() < 0.3)
        await world.fleet.scale({ actor, agent: 'desk', replicas: 3 }).catch(ignore);
      await world.crash();
    }
    await world.until('all deployments ended', () => wantsRest(world));
    for (const { name } of await world.fleet.agents(actor)) {
      await world.fleet.delete({ actor, agent: name });
      await world.until('deletion', async () => (await world.fleet.agents(actor)).length === 0);
    }
    await world.until('no machine', () => world.host.machines.size === 0);
    assert.deepEqual(await world.store.machines.listOnHost(), []);
    assert.equal(world.host.logs.size, 0);
  });
});
