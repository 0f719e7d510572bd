import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { actor, createWorld, type World } from './fleet-world.ts';

describe('a deployment', () => {
  let world: World;
  afterEach(() => world.close());

  it('goes from an image to a healthy machine that gets the calls', async () => {
    world = await createWorld();
    const deployment = await world.deploy({});
    assert.equal(deployment.state, 'pending');
    const ended = await world.ended(deployment);
    assert.equal(ended.state, 'succeeded', JSON.stringify(ended.error));
    assert.equal(ended.toRevision, 1);
    const route = world.fleet.route('desk');
    assert.equal(route?.targets.length, 1);
    const agent = await world.fleet.agent(actor, 'desk');
    assert.equal(agent.state, 'running');
    assert.equal(agent.replicas.healthy, 1);
    const events = await world.eventsOf(deployment.id);
    const done = events.flatMap((event) =>
      event.type === 'step' && event.state === 'done' ? [event.step] : [],
    );
    assert.deepEqual(done, [
      'resolve',
      'rootfs',
      'revision',
      'machines',
      'healthy',
      'traffic',
      'retire',
    ]);
    assert.equal(events.at(-1)?.type, 'finished');
    assert.deepEqual(
      events.map(({ seq }) => seq),
      events.map((_, index) => index + 1),
    );
  });

  it('replaces the machines of the revision before, which drain first', async () => {
    const drained: string[] = [];
    world = await createWorld({
      drain: async (machineId) => {
        const targets = world.fleet.route('desk')?.targets ?? [];
        assert.ok(!targets.some((target) => target.machineId === machineId));
        drained.push(machineId);
        return true;
      },
    });
    await world.deployed({ spec: { replicas: 2 } });
    const before = world.fleet.route('desk')?.targets.map(({ machineId }) => machineId) ?? [];
    const ended = await world.deployed({ image: 'two', spec: { replicas: 2 } });
    assert.equal(ended.state, 'succeeded');
    assert.deepEqual([...drained].sort(), [...before].sort());
    const after = world.fleet.route('desk')?.targets.map(({ machineId }) => machineId) ?? [];
    assert.equal(after.length, 2);
    assert.deepEqual([...world.host.machines.keys()].sort(), [...after].sort());
  });
});
