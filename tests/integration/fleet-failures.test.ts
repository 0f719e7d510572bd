/** Deployments that cannot succeed: each says why, and leaves the world as it was. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { FakeFaults } from '../../src/machines/machines.ts';
import { actor, createWorld, type World } from './fleet-world.ts';

/** No start of an image named `bad`, and no other, has the fault. */
const faultOfBad =
  (fault: FakeFaults) =>
  ({ rootfsPath }: { rootfsPath: string }): FakeFaults =>
    rootfsPath.endsWith('/bad') ? fault : {};

const quick = { health: { grace_period: '200ms', interval: '500ms', unhealthy_threshold: 1 } };

describe('a deployment that fails', () => {
  let world: World;
  afterEach(() => world.close());

  /** Deploys `good`, then `bad`, and checks that nothing of `bad` is left but its record. */
  async function failAfterGood(spec: Parameters<World['deploy']>[0]['spec'] = {}) {
    await world.deployed({ image: 'good' });
    const before = world.fleet.route('desk');
    const ended = await world.deployed({ image: 'bad', spec: { ...quick, ...spec } });
    assert.equal(ended.state, 'failed');
    assert.deepEqual(world.fleet.route('desk'), before, 'the old revision goes on serving');
    assert.equal(world.host.machines.size, 1);
    const agent = await world.fleet.agent(actor, 'desk');
    assert.equal(agent.state, 'running');
    assert.equal(agent.revision, 1);
    assert.equal(agent.deployment, null);
    const revisions = await world.deployer.revisions(actor, { agent: 'desk', limit: 10 });
    assert.deepEqual(
      revisions.items.map(({ number }) => number),
      [1],
    );
    return ended.error;
  }

  it('because the process exits again and again, with the end of its log', async () => {
    world = await createWorld({ faults: faultOfBad({ exitAfterMs: 20, exit: { exitCode: 3 } }) });
    const talk = setInterval(() => {
      for (const { request } of world.host.machines.values())
        if (request.rootfsPath.endsWith('/bad'))
          world.machines.say(request.machineId, 'cannot find config.json');
    }, 3);
    try {
      const error = await failAfterGood({ health: { grace_period: '10s' } });
      assert.equal(error?.code, 'agent_exits');
      assert.match(error?.detail ?? '', /exited with code 3, 2 times in a row/);
      const log = error?.details?.log as string[];
      assert.ok(log.includes('cannot find config.json'));
      assert.ok(log.length <= 20);
    } finally {
      clearInterval(talk);
    }
  });

  it('because nobody listens', async () => {
    world = await createWorld({ faults: faultOfBad({ neverListens: true }) });
    const error = await failAfterGood();
    assert.equal(error?.code, 'nobody_listens');
    assert.match(error?.detail ?? '', /nobody listens on port 8080/);
  });

  it('because its health check never passes, with what it answered', async () => {
    world = await createWorld({
      handler: (_request, response, { rootfsPath }) => {
        response.writeHead(rootfsPath.endsWith('/bad') ? 503 : 200).end();
      },
    });
    const error = await failAfterGood({ health: { ...quick.health, path: '/healthz' } });
    assert.equal(error?.code, 'health_check_failed');
    assert.match(error?.detail ?? '', /GET \/healthz answered 503/);
  });

  it('because it takes longer than deploy.timeout', async () => {
    world = await createWorld({
      handler: (_request, response, { rootfsPath }) => {
        response.writeHead(rootfsPath.endsWith('/bad') ? 503 : 200).end();
      },
    });
    const error = await failAfterGood({
      health: { path: '/healthz', grace_period: '1h' },
      deploy: { timeout: '1s' },
    });
    assert.equal(error?.code, 'deploy_timeout');
    assert.match(error?.detail ?? '', /within 1 s: .*answered 503/);
  });

  it('because its machine does not boot, after a second attempt', async () => {
    world = await createWorld({ faults: faultOfBad({ bootFails: true }) });
    const error = await failAfterGood();
    assert.equal(error?.code, 'machine_boot_failed');
    assert.match(error?.detail ?? '', /2 times in a row/);
  });

  it('because its process cannot be started, at once', async () => {
    world = await createWorld({
      faults: faultOfBad({ processStartFails: 'executable_not_found' }),
    });
    const error = await failAfterGood();
    assert.equal(error?.code, 'process_start_failed');
    assert.equal(error?.status, 422);
    assert.equal(world.machines.starts.length, 2);
  });

  it('because the image says nothing to run', async () => {
    world = await createWorld();
    await world.deployed({ image: 'good' });
    const ended = await world.deployed({ image: 'empty' });
    assert.equal(ended.error?.code, 'image_without_command');
    assert.equal((await world.fleet.agent(actor, 'desk')).revision, 1);
  });

  it('leaves no trace of an agent that was new, but for the record', async () => {
    world = await createWorld({ faults: faultOfBad({ exitAfterMs: 1 }) });
    const ended = await world.deployed({ image: 'bad', spec: { replicas: 3 } });
    assert.equal(ended.state, 'failed');
    await world.until(
      'the agent is gone',
      async () => (await world.fleet.agents(actor)).length === 0,
    );
    assert.equal(world.host.machines.size, 0);
    assert.equal(world.host.logs.size, 0);
    assert.equal(world.fleet.route('desk'), undefined);
    const events = await world.eventsOf(ended.id);
    assert.equal(events.at(-1)?.type, 'finished');
    assert.equal((await world.deployed({ image: 'good' })).state, 'succeeded');
  });
});

describe('a deployment that is ended', () => {
  let world: World;
  afterEach(() => world.close());

  it('by cancel goes back to what was', async () => {
    world = await createWorld({ faults: faultOfBad({ bootMs: 60_000 }) });
    await world.deployed({ image: 'good' });
    const deployment = await world.deploy({ image: 'bad' });
    await world.until('boot', () => world.machines.starts.length === 2);
    const cancelled = await world.deployer.cancel({ actor, deploymentId: deployment.id });
    assert.equal(cancelled.state, 'cancelled');
    assert.equal(cancelled.error?.code, 'deployment_cancelled');
    assert.equal(world.host.machines.size, 1);
    assert.equal((await world.fleet.agent(actor, 'desk')).state, 'running');
    const again = world.deployer.cancel({ actor, deploymentId: deployment.id });
    await assert.rejects(again, { code: 'deployment_finished' });
  });

  it('by the deletion of its agent', async () => {
    world = await createWorld({ faults: faultOfBad({ bootMs: 60_000 }) });
    await world.deployed({ image: 'good' });
    const deployment = await world.deploy({ image: 'bad' });
    await world.until('boot', () => world.machines.starts.length === 2);
    await world.fleet.delete({ actor, agent: 'desk' });
    assert.equal((await world.ended(deployment)).state, 'cancelled');
    await world.until('deletion', async () => (await world.fleet.agents(actor)).length === 0);
    assert.equal(world.host.machines.size, 0);
  });

  it('is the only one of its agent', async () => {
    world = await createWorld({ faults: faultOfBad({ bootMs: 60_000 }) });
    const deployment = await world.deploy({ image: 'bad' });
    await assert.rejects(world.deploy({ image: 'good' }), {
      code: 'deployment_in_progress',
      details: { deployment: deployment.id },
    });
    const other = await world.deployed({ name: 'other', image: 'good' });
    assert.equal(other.state, 'succeeded');
    await world.deployer.cancel({ actor, deploymentId: deployment.id });
  });
});
