/** Parts (a) to (e): how long it takes until an agent answers, in all the ways it comes to run. */
import { join } from 'node:path';
import { median } from '../statistics.ts';
import { readAgentProcess } from './agent-process.ts';
import { timeBareVmm } from './bare-vmm.ts';
import {
  changeOneLine,
  commitExample,
  copyExample,
  makeTinyNodeAgent,
  writeAgentFile,
} from './example-source.ts';
import { machinePid, readRunningMachine } from './running-machine.ts';
import {
  AGENT,
  deleteAgent,
  machineIdOf,
  type Stage,
  status,
  timeDeploy,
  untilAgent,
} from './stage.ts';

const MEMORY_MIB = 512;

/** Not a part: everything that is made once on a host. Its time is told all the same. */
export async function makeBaseImage(stage: Stage): Promise<void> {
  const folder = await makeTinyNodeAgent(join(stage.folder, 'tiny'));
  const file = await writeAgentFile(folder, {
    ...{ name: 'tiny', source: { build: '.' } },
    spec: { health: { type: 'tcp', interval: '1s' } },
  });
  const ms = await timeDeploy(stage, file);
  stage.context.report({
    ...{ name: 'deploy.0.first_deploy_on_a_host', unit: 'ms', values: [ms] },
    note: 'boot parts and base image are made; an agent without dependencies',
  });
  await deleteAgent(stage.swarm, 'tiny');
}

/** (c) The layer cache has the base image and nothing of the example. */
export async function timeGitCold(stage: Stage): Promise<void> {
  const folder = await copyExample(join(stage.folder, 'repository'));
  const url = await commitExample(folder);
  const file = await writeAgentFile(stage.folder, { name: AGENT, source: { git: url } });
  stage.context.report({
    ...{ name: 'deploy.c.git_cold_to_healthy', unit: 'ms', target: { atMost: 60_000 } },
    values: [await timeDeploy(stage, file)],
    note: 'file:// repository; base image there, layer cache and npm cache empty',
  });
}

/** (d) From the folder; each repeat appends another line. */
export async function timeOneLineChange(stage: Stage): Promise<string> {
  const folder = await copyExample(join(stage.folder, 'working-copy'));
  const file = await writeAgentFile(folder, { name: AGENT, source: { build: '.' } });
  await timeDeploy(stage, file);
  const values: number[] = [];
  for (let i = 0; i < stage.repeats; i++) {
    await changeOneLine(folder, i);
    values.push(await timeDeploy(stage, file));
  }
  stage.context.report({
    ...{ name: 'deploy.d.one_line_change', unit: 'ms', target: { atMost: 10_000 }, values },
    note: 'swarm deploy of a folder; old machine replaced',
  });
  return folder;
}

/** (a) and (b) in turn, then (e); both are judged against (a). */
export async function timeBareCachedRestart(stage: Stage, folder: string): Promise<void> {
  const { context, swarm } = stage;
  const agent = await status(swarm, AGENT);
  const like = await readRunningMachine(machineIdOf(agent));
  const process = await readAgentProcess(swarm, AGENT);
  context.say(`the agent's process: ${process.argv.join(' ')}`);
  // Alone on the machine, as the bare one is.
  await deleteAgent(swarm, AGENT);
  const [bare, cached]: [number[], number[]] = [[], []];
  for (let i = 0; i < stage.repeats; i++) {
    bare.push(
      await timeBareVmm({
        ...{ like, process, agentPort: 8080, healthPath: '/healthz' },
        ...{ memoryMib: MEMORY_MIB, timeoutMs: 120_000 },
      }),
    );
    const name = `${AGENT}-${i}`;
    const file = await writeAgentFile(folder, { name, source: { build: '.' } });
    cached.push(await timeDeploy(stage, file));
    await deleteAgent(swarm, name);
  }
  const bareMs = median(bare);
  const note = 'QEMU by hand: start to first answer';
  context.report({ name: 'deploy.a.bare_vmm', unit: 'ms', values: bare, note });
  context.report({
    ...{ name: 'deploy.b.cached_image_to_healthy', unit: 'ms', values: cached },
    note: 'whole `swarm deploy` command of an unchanged folder under a new name',
  });
  context.report({
    ...{ name: 'deploy.b.against_a', unit: 'ratio', target: { atMost: 1.15 } },
    values: cached.map((ms, i) => ms / (bare[i] ?? Number.NaN)),
  });
  await timeRestart(stage, { folder, bareMs });
}

/** (e) */
async function timeRestart(stage: Stage, by: { folder: string; bareMs: number }): Promise<void> {
  const { context, swarm } = stage;
  const file = await writeAgentFile(by.folder, { name: AGENT, source: { build: '.' } });
  await timeDeploy(stage, file);
  const values: number[] = [];
  for (let i = 0; i < stage.repeats; i++) {
    const before = machineIdOf(await status(swarm, AGENT));
    const pid = machinePid(before);
    const startedAt = performance.now();
    process.kill(pid, 'SIGKILL');
    await untilAgent(swarm, {
      ...{ name: AGENT, timeoutMs: 180_000 },
      wanted: ({ replicas: { healthy, items } }) =>
        healthy === 1 && items[0]?.machine?.id !== before,
    });
    values.push(performance.now() - startedAt);
  }
  context.report({ name: 'deploy.e.killed_to_healthy', unit: 'ms', values });
  context.report({
    ...{ name: 'deploy.e.against_a', unit: 'ratio', target: { atMost: 1.3 } },
    values: values.map((ms) => ms / by.bareMs),
    note: 'against the median of (a); the back-off grows with each failure in a row',
  });
}
