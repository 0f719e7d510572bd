import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { waitUntil } from '../../base/wait.ts';
import { agentConfigFrom } from '../../contracts/agent-config.ts';
import { manifest } from '../../contracts/manifest.ts';
import { type CostStage, openCostStage } from '../cost-stage.ts';
import { priceSpans, unpricedSpans } from './machine-time.ts';

const PRICES = { machineTime: { vcpuSecond: '0.00001', gibSecond: '0.000002' } };

/** A machine of two vCPUs and 512 MiB. */
async function startMachine({ store, clock }: CostStage, id: string): Promise<void> {
  const shared = { workspaceId: 'default', agentId: 'agt_1', createdAtMs: clock.ms };
  if ((await store.agents.find('agt_1')) === undefined) {
    const agent = { id: 'agt_1', workspaceId: 'default', name: 'desk', replicas: 1 };
    await store.agents.insert({ ...agent, nowMs: clock.ms });
    await store.revisions.insert({
      ...{ ...shared, id: 'rev_1', number: 1, imageDigest: 'sha256:0', imageOrigin: 'x' },
      ...{
        imageConfig: {},
        source: { type: 'image', reference: 'x' },
        contentHash: 'x',
        createdBy: 'root',
      },
      config: agentConfigFrom(
        manifest.parse({
          ...{ apiVersion: 'swarm/v1', kind: 'Agent', metadata: { name: 'desk' } },
          spec: { image: 'desk:1', resources: { cpus: 2, memory: '512MiB' } },
        }),
      ),
    });
  }
  await store.machines.insert({
    ...{ ...shared, id, revision: 1, generation: 1, replica: 0, state: 'healthy', reason: null },
    ...{ onHost: true, exit: null, startedAtMs: clock.ms, healthyAtMs: null, endedAtMs: null },
  });
}

const events = (stage: CostStage) =>
  stage.log.of('cost.machine_time').map(({ cost, attributes }) => ({
    amount: cost?.amount,
    vcpuSeconds: attributes?.vcpuSeconds,
  }));

test('without a price, machine time is not told and not shown', async (t) => {
  const stage = await openCostStage(t);
  await startMachine(stage, 'mch_1');
  stage.clock.ms += 60_000;
  await stage.workspace.meterMachines();
  await stage.prices({ machineTime: { vcpuSecond: '0', gibSecond: '0' } });
  stage.clock.ms += 60_000;
  await stage.workspace.meterMachines();
  assert.deepEqual(events(stage), []);
  assert.deepEqual((await stage.workspace.report({ by: 'model' })).rows, []);
});

test('time is priced from when there is a price until the machine ends, once', async (t) => {
  const stage = await openCostStage(t);
  await startMachine(stage, 'mch_1');
  stage.clock.ms += 3_600_000;
  await stage.prices(PRICES);
  stage.clock.ms += 60_000;
  await stage.workspace.meterMachines();
  await stage.workspace.meterMachines();
  // 120 vCPU seconds and 30 GiB seconds.
  assert.deepEqual(events(stage), [{ amount: '0.00126', vcpuSeconds: '120' }]);
  await stage.crash();
  await stage.workspace.meterMachines();
  assert.equal(events(stage).length, 1, 'the log says what was priced already');
  stage.clock.ms += 500;
  await stage.store.machines.change('mch_1', {
    ...{ from: ['healthy'], state: 'stopped', endedAtMs: stage.clock.ms },
  });
  stage.clock.ms += 60_000;
  await stage.workspace.meterMachines();
  await stage.workspace.meterMachines();
  assert.deepEqual(events(stage)[1], { amount: '0.0000105', vcpuSeconds: '1' });
  assert.equal(events(stage).length, 2);
  const report = await waitUntil(
    async () => {
      const found = await stage.workspace.report({ by: 'model' });
      return found.totals.amount === '0.0012705' ? found : undefined;
    },
    { timeoutMs: 5_000, intervalMs: 5 },
  );
  assert.deepEqual(
    report?.rows.map(({ provider, key, calls }) => [provider, key, calls]),
    [['swarm', 'machine-time', 0]],
  );
});

test('what cannot be written is priced later', async (t) => {
  const stage = await openCostStage(t);
  await stage.prices(PRICES);
  await startMachine(stage, 'mch_1');
  stage.clock.ms += 1_000;
  stage.log.available = false;
  await assert.rejects(stage.workspace.meterMachines(), { code: 'audit_unavailable' });
  stage.log.available = true;
  stage.clock.ms += 1_000;
  await stage.workspace.meterMachines();
  assert.deepEqual(events(stage), [{ amount: '0.000042', vcpuSeconds: '4' }]);
});

test('however often it is priced, a machine’s time makes the same whole', () => {
  const config = JSON.stringify({ resources: { cpus: 1.5, memoryMib: 384 } });
  const price = { vcpuSecond: '0.000011', gibSecond: '0.0000013' };
  const row = { machineId: 'm', agent: 'a', config, startedAtMs: 1_000, endedAtMs: null };
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1 }), (waits) => {
      const upToMs = new Map<string, number>();
      let [nowMs, seconds] = [1_000, 0];
      for (const waitMs of waits) {
        nowMs += waitMs;
        const spans = unpricedSpans([{ ...row, upToMs: null }], { nowMs, sinceMs: 0, upToMs });
        for (const { vcpuSeconds } of priceSpans(spans, price))
          seconds += Number(vcpuSeconds) * 1e4;
        for (const span of spans) upToMs.set(span.machineId, span.toMs);
      }
      assert.equal(Math.round(seconds), (nowMs - 1_000) * 15);
    }),
  );
});
