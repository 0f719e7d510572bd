/** Costs, budgets, prices and pauses through the CLI, on a real swarmd. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type FakedSwarmd, startSwarmdWithFakes } from './swarmd-with-fakes.ts';

let swarmd: FakedSwarmd;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarm-cli-cost-'));
  swarmd = await startSwarmdWithFakes();
});
after(async () => {
  await swarmd?.remove();
  await rm(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => swarmd.cli(args, { cwd: folder });
async function ok(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const outcome = await run(...args);
  assert.equal(outcome.exitCode, 0, `swarm ${args.join(' ')}\n${outcome.stdout}${outcome.stderr}`);
  return outcome;
}

test('costs are shown, also when there are none', async () => {
  const { stderr } = await ok('cost', '--since', '7d');
  assert.match(stderr, /^No calls from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d\.$/m);
  const report = JSON.parse((await ok('cost', '--by', 'run', '--output', 'json')).stdout);
  assert.deepEqual([report.by, report.rows, report.totals.amount], ['run', [], '0']);
  const wrong = await run('cost', '--since', 'yesterday');
  assert.notEqual(wrong.exitCode, 0);
  assert.match(wrong.stderr, /neither a day, a time, nor a duration/);
});

test('budgets are set, listed and deleted', async () => {
  assert.match((await ok('budgets')).stderr, /There are no budgets/);
  const set = await ok('budgets', 'set', 'all', '--per', 'month', '--money', '12.5');
  assert.match(set.stderr, /all: all agents together may spend \$12\.50 a month, \$12\.50 left/);
  await ok('budgets', 'set', 'desk', '--agent', 'desk', '--per', 'run', '--tokens', '50000');
  const { stdout } = await ok('budgets', 'list');
  assert.match(stdout, /^all +\(all agents\) +month +\$12\.50 +\$0\.00 +\$0\.00 +\$12\.50 /m);
  assert.match(stdout, /^desk +desk +run +50\.0k tokens +- +- +- +with each run/m);
  assert.match((await run('budgets', 'set', 'x')).stderr, /either in money or in tokens/);
  assert.match((await run('budgets', 'set', 'x', '--money', '-1')).stderr, /amount of dollars/);
  const nobody = await run('budgets', 'set', 'x', '--money', '1', '--agent', 'No Body');
  assert.equal(nobody.exitCode, 2);
  assert.match(nobody.stderr, /agent: must be/);
  await ok('budgets', 'delete', 'all');
  const again = await run('budgets', 'delete', 'all');
  assert.match(again.stderr, /There is no budget "all"/);
});

test('prices are imported, shown and removed', async () => {
  const file = join(folder, 'prices.json');
  await writeFile(
    file,
    JSON.stringify({
      sample_spec: { mode: 'one of', input_cost_per_token: 'text' },
      'gpt-x': { mode: 'chat', input_cost_per_token: 1.5e-6, output_cost_per_token: 6e-6 },
      'draw-x': { mode: 'image_generation', output_cost_per_image: 0.04 },
    }),
  );
  const done = await ok('prices', 'import', file, '--name', 'mine', '--format', 'litellm');
  assert.match(done.stderr, /1 model imported as mine@[0-9a-f]{12}, 1 other entry left out/);
  const { stdout } = await ok('prices', 'list');
  assert.match(stdout, /^mine +1 +mine@[0-9a-f]{12} +litellm/m);
  assert.match(stdout, /^builtin +\d+ +builtin@[0-9a-f]{12} +built in/m);
  assert.match((await ok('prices', 'list', 'mine')).stdout, /^gpt-x +1\.5 +6 +- +- +-/m);
  await writeFile(file, '{"models": {"gpt-x": {"input": -1, "output": 2}}}');
  const bad = await run('prices', 'import', file);
  assert.match(bad.stderr, /model "gpt-x": input: -1 is negative/);
  assert.equal(bad.exitCode, 2);
  await ok('prices', 'remove', 'mine');
  assert.match((await run('prices', 'import', join(folder, 'none'))).stderr, /cannot be read/);
});

test('an agent that is not there cannot be paused', async () => {
  const refused = await run('agents', 'pause', 'desk');
  assert.match(refused.stderr, /desk/);
  assert.notEqual(refused.exitCode, 0);
  assert.match((await run('agents', 'resume', 'desk')).stderr, /desk/);
  assert.match((await ok('agents')).stderr, /There are no agents yet/);
});
