/** Every step of a deployment done twice, and failed: before it did anything, and after. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AroundStep } from '../../src/deploy/steps.ts';
import { actor, createWorld, type World } from './fleet-world.ts';

const UNDONE_STEPS = ['resolve', 'rootfs', 'revision', 'machines', 'healthy', 'traffic'];

/** Deploys `one`, then `two` with the wrapped steps, and gives what is to be compared. */
async function withSteps(
  around: AroundStep,
  check: (world: World, second: Awaited<ReturnType<World['deployed']>>) => Promise<void>,
): Promise<void> {
  let armed = false;
  const world = await createWorld({
    aroundStep: (name, act) => (armed ? around(name, act) : act()),
  });
  try {
    await world.deployed({ image: 'one', spec: { replicas: 2 } });
    armed = true;
    await check(world, await world.deployed({ image: 'two', spec: { replicas: 1 } }));
  } finally {
    await world.close();
  }
}

async function assertOnlyFirst(world: World): Promise<void> {
  await world.until('2 targets', () => world.fleet.route('desk')?.targets.length === 2);
  await world.until('2 machines', () => world.host.machines.size === 2);
  for (const { request } of world.host.machines.values())
    assert.equal(request.rootfsPath, '/nowhere/one');
  const agent = await world.fleet.agent(actor, 'desk');
  assert.equal(agent.state, 'running');
  assert.equal(agent.revision, 1);
  assert.equal(agent.replicas.desired, 2);
  const revisions = await world.deployer.revisions(actor, { agent: 'desk', limit: 10 });
  assert.equal(revisions.items.length, 1);
  const row = await world.store.agents.findByName('default', 'desk');
  assert.equal(row?.target, null);
}

describe('the steps of a deployment', () => {
  it('may each be done twice', () =>
    withSteps(
      async (_name, act) => {
        await act();
        return act();
      },
      async (world, ended) => {
        assert.equal(ended.state, 'succeeded', JSON.stringify(ended.error));
        assert.equal(ended.toRevision, 2);
        assert.equal(world.host.machines.size, 1);
        const revisions = await world.deployer.revisions(actor, { agent: 'desk', limit: 10 });
        assert.equal(revisions.items.length, 2);
      },
    ));

  for (const step of UNDONE_STEPS)
    for (const when of ['before', 'after'])
      it(`leave the world as it was when ${step} fails ${when} its work`, () =>
        withSteps(
          async (name, act) => {
            if (name !== step) return act();
            if (when === 'after') await act();
            throw new Error(`${step} fails on purpose`);
          },
          async (world, ended) => {
            assert.equal(ended.state, 'failed');
            assert.equal(ended.step, step);
            assert.equal(ended.error?.code, 'deployment_failed');
            await assertOnlyFirst(world);
          },
        ));
});
