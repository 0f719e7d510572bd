/** (g) Resident memory of swarmd, idle and with many machines. */
import { rm } from 'node:fs/promises';
import { sleep } from '../../src/base/wait.ts';
import { makeEchoAgent, writeManifest } from '../../tests/e2e/echo-agent.ts';
import { residentMb } from './running-machine.ts';
import { deleteAgent, type Stage, timeDeploy, untilAgent } from './stage.ts';

/** Until allocations of the start, or of many boots, have been collected. */
const SETTLE_MS = 20_000;
const NAME = 'many';

export async function measureIdle(stage: Stage): Promise<void> {
  const { context, swarm } = stage;
  const settle = () => sleep(SETTLE_MS, undefined, { signal: context.signal });
  await settle();
  const first = await residentMb(swarm.pid());
  await swarm.ok(['down']);
  await swarm.ok(['up', '-d']);
  await settle();
  context.report({
    ...{ name: 'deploy.g.idle_first_start', unit: 'MB', values: [first] },
    note: 'the first start of a home: boot parts are made, some of swarmd is compiled',
  });
  context.report({
    ...{ name: 'deploy.g.idle', unit: 'MB', target: { atMost: 120 } },
    values: [await residentMb(swarm.pid())],
    note: 'swarmd after a start, no agents; resident set, 10^6 bytes',
  });
}

/** The smallest machines there are: they boot on emulated processors that they share. */
export async function measureWithMachines(stage: Stage, machines: number): Promise<void> {
  const { context, swarm } = stage;
  const folder = await makeEchoAgent();
  try {
    const file = await writeManifest(folder, {
      name: NAME,
      spec: {
        resources: { cpus: 1, memory: '128MiB', disk: '16MiB' },
        health: { type: 'http', path: '/healthz', interval: '10s', grace_period: '10m' },
        deploy: { timeout: '30m' },
      },
    });
    await timeDeploy(stage, file);
    await sleep(SETTLE_MS, undefined, { signal: context.signal });
    const one = await residentMb(swarm.pid());
    await swarm.ok(['scale', NAME, '--replicas', String(machines)], { timeoutMs: 1_200_000 });
    await untilAgent(swarm, {
      ...{ name: NAME, timeoutMs: 1_200_000 },
      wanted: (agent) => agent.replicas.healthy === machines,
    });
    await sleep(SETTLE_MS, undefined, { signal: context.signal });
    const many = await residentMb(swarm.pid());
    context.report({ name: `deploy.g.with_${machines}_machines`, unit: 'MB', values: [many] });
    context.report({
      ...{ name: 'deploy.g.per_machine', unit: 'MB', target: { atMost: 3 } },
      values: [(many - one) / (machines - 1)],
      note: `from 1 machine to ${machines}, ${(SETTLE_MS / 1_000).toFixed(0)} s after the last became healthy`,
    });
    await deleteAgent(swarm, NAME);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
