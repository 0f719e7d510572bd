/** What must be written down is, however long the disk was full when it happened. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sleep, waitUntil } from '../../src/base/wait.ts';
import { storeErrors } from '../../src/store/store.ts';
import { type ApiStage, deployBody, openApiStage } from './api-stage.ts';

const TIMEOUT_MS = 30_000;
let stage: ApiStage;
before(async () => {
  stage = await openApiStage();
});
after(() => stage.close());

/** Until it is called again, nothing can be written in a transaction. */
function fillDisk(): () => void {
  const { transaction } = stage.store;
  stage.store.transaction = () => Promise.reject(storeErrors.store_full('The disk is full.'));
  return () => {
    stage.store.transaction = transaction;
  };
}

async function healthyMachine(name: string): Promise<string | undefined> {
  const { replicas } = await stage.client.agent(name);
  if (replicas.healthy === 0) return undefined;
  return (await stage.fleet.machines(actor, name)).find(({ state }) => state === 'healthy')?.id;
}
const actor = {
  workspaceId: 'default',
  principalId: 'root',
  kind: 'human' as const,
  name: 'root',
};

for (const type of ['tcp', 'none'] as const)
  test(`a machine that ends while the disk is full is replaced afterwards: health ${type}`, async () => {
    const name = `desk-${type}`;
    await stage.deploy(name, { health: { type, ...(type === 'tcp' && { interval: '500ms' }) } });
    const first = await healthyMachine(name);
    assert.ok(first);
    const free = fillDisk();
    stage.machines.die(first);
    // Long enough for its end and then its failing health check to be noticed, and not written down.
    await sleep(4_000);
    free();
    const second = await waitUntil(
      async () => {
        const now = await healthyMachine(name);
        return now !== first && now;
      },
      { timeoutMs: TIMEOUT_MS },
    );
    assert.ok(second);
  });

test('a deployment that ends while the disk is full ends, and the next one may begin', async () => {
  const hold = Promise.withResolvers<void>();
  stage.images.hold = hold.promise;
  const deployment = await stage.client.deploy(deployBody('late'));
  const free = fillDisk();
  stage.images.hold = undefined;
  hold.resolve();
  await sleep(500);
  free();
  const { deployment: ended } = await stage.client.waitForDeployment(deployment.id, {
    timeoutMs: TIMEOUT_MS,
  });
  assert.deepEqual([ended.state, ended.error?.code], ['failed', 'store_full']);
  await stage.deploy('late');
});
