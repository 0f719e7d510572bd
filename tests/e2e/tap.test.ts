/** Machines on tap networks through the CLI, in a network namespace that the test makes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { AgentResource } from '../../src/contracts/resources.ts';
import { inNetworkNamespace } from '../integration/fixtures/network-namespace.ts';
import { makeEchoAgent, writeManifest } from './echo-agent.ts';
import { agentUntil, assertNothingLeft } from './nothing-left.ts';
import { processesOf, type Swarm, startSwarm } from './swarm-cli.ts';

inNetworkNamespace(
  {
    url: import.meta.url,
    name: 'machines on tap networks',
    timeoutMs: 900_000,
    prepare: fillCache,
  },
  defineTests,
);

/** Inside there is no way to the registries that the boot assets come from. */
async function fillCache(): Promise<void> {
  const outside = await startSwarm();
  await outside.remove();
}

function lines(file: string, ...args: string[]): string[] {
  const text = execFileSync(file, args, { encoding: 'utf8' });
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** What tap networks are made of, as it is in this namespace. */
function networkParts(): {
  namespaces: string[];
  links: string[];
  rules: string[];
  routes: string[];
} {
  return {
    namespaces: readdirSync('/run/netns').sort(),
    links: lines('ip', '-br', 'link').map((line) => line.split(/[\s@]/)[0] ?? ''),
    rules: lines('nft', 'list', 'ruleset'),
    routes: lines('ip', '-4', 'route'),
  };
}

function defineTests(): void {
  let swarm: Swarm;
  let folder: string;
  const atFirst = networkParts();

  before(async () => {
    folder = await makeEchoAgent();
    swarm = await startSwarm({ SWARM_NETWORK: 'tap' });
  });
  after(async () => {
    await swarm?.remove();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const callEcho = async (): Promise<string> => {
    const { stdout } = await swarm.ok(['invoke', 'echo', '--json', '{"a":1}']);
    return (JSON.parse(stdout) as { replica: string }).replica;
  };
  const machineIds = (agent: AgentResource): string[] =>
    agent.replicas.items.map(({ machine }) => machine?.id ?? '').sort();
  const bothHealthy = () =>
    agentUntil(
      swarm,
      'echo',
      ({ replicas }) => replicas.healthy === 2 && replicas.items.length === 2,
    );

  test('a machine gets a namespace and a link of its own, and answers', async () => {
    await swarm.ok(['deploy', '--agent', await writeManifest(folder, { name: 'echo' })]);
    assert.equal(await callEcho(), '0');
    const { system } = await swarm.json<{ system: { network: string } }>(['status']);
    assert.equal(system.network, 'tap');
    const { namespaces, links } = networkParts();
    assert.equal(namespaces.length, atFirst.namespaces.length + 1);
    assert.equal(links.length, atFirst.links.length + 1);
  });

  test('two replicas with the same address inside are both reached', async () => {
    await swarm.ok(['scale', 'echo', '--replicas', '2']);
    await bothHealthy();
    const seen = new Set<string>();
    for (let call = 0; call < 8; call++) seen.add(await callEcho());
    assert.deepEqual([...seen].sort(), ['0', '1']);
    assert.equal(networkParts().namespaces.length, atFirst.namespaces.length + 2);
  });

  test('after a kill -9 of swarmd the next one adopts machines and networks', async () => {
    const earlier = machineIds(await bothHealthy());
    const parts = networkParts();
    process.kill(swarm.pid(), 'SIGKILL');
    await swarm.ok(['up', '-d']);
    assert.deepEqual(machineIds(await bothHealthy()), earlier);
    assert.ok(['0', '1'].includes(await callEcho()));
    assert.deepEqual(networkParts(), parts);
  });

  test('a machine that is killed is replaced, and its network with it', async () => {
    const [killed = ''] = machineIds(await bothHealthy());
    const process_ = processesOf(swarm.home).find(({ command }) => command.includes(killed));
    assert.ok(process_, 'the machine has a process of its own');
    process.kill(process_.pid, 'SIGKILL');
    await agentUntil(
      swarm,
      'echo',
      (agent) => agent.replicas.healthy === 2 && !machineIds(agent).includes(killed),
    );
    await callEcho();
    assert.equal(networkParts().namespaces.length, atFirst.namespaces.length + 2);
  });

  test('deleted, neither namespaces nor links, rules, routes or processes are left', async () => {
    await swarm.ok(['delete', 'echo', '-y']);
    await assertNothingLeft(swarm);
    assert.deepEqual(networkParts(), atFirst);
    await swarm.ok(['down']);
    assert.deepEqual(swarm.leftovers(), []);
  });
}
