/** The README's first command, and the examples, as a newcomer runs them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Swarm, startSwarm } from './swarm-cli.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples');

let swarm: Swarm;
before(async () => {
  swarm = await startSwarm();
});
after(async () => {
  await swarm?.remove();
});

test('demo builds, boots and calls the support-desk example', async () => {
  const { stdout, stderr } = await swarm.ok(['demo'], { timeoutMs: 900_000 });
  assert.match(stdout, /scripted model/);
  assert.match(stderr, /run show [0-9a-f]{32}\n(.*\n)*.*└─ gateway\.call {2}support-desk\/0/);
  const proof = /audit prove (\S+) --to/.exec(stderr)?.[1] ?? '';
  assert.match((await swarm.ok(['audit', 'prove', proof])).stdout, /swarm-proof\/v1/);
  const { stdout: answer } = await swarm.ok([
    'invoke',
    'support-desk',
    '--json',
    '{"ticket":"I was charged twice. ada@example.com"}',
  ]);
  assert.match(answer, /billing/);
  assert.match(answer, /route_ticket/);
  const { stdout: streamed } = await swarm.ok([
    'invoke',
    'support-desk',
    '/stream',
    '--stream',
    '--json',
    '{"ticket":"The API is down"}',
  ]);
  assert.match(streamed, /engineering/);
  await swarm.ok(['delete', 'support-desk', '-y']);
});

/** Asks pip itself, so that whatever index it is set up with counts. */
async function pypiReachable(): Promise<boolean> {
  const { run } = await import('../../src/base/command.ts');
  try {
    const result = await run(
      'python3',
      ['-m', 'pip', 'download', '--no-deps', '-q', '-d', swarm.home, 'six'],
      {
        timeoutMs: 60_000,
      },
    );
    return result.exitCode === 0;
  } catch {
    return false;
  }
}

test('research-crew deploys without a Dockerfile, from PyPI', async (t) => {
  if (!(await pypiReachable())) return t.skip('no Python package index can be reached with pip');
  const manifest = join(EXAMPLES, 'research-crew', 'agent.yaml');
  await swarm.ok(['deploy', '--agent', manifest], { timeoutMs: 900_000 });
  const { stdout } = await swarm.ok(['invoke', 'research-crew', '--json', '{"topic":"microVMs"}']);
  assert.match(stdout, /three facts/);
  await swarm.ok(['delete', 'research-crew', '-y']);
});
