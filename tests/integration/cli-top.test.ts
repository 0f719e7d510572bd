/** How agents are doing, in a terminal, from a real swarmd. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import { overview } from '../../src/contracts/overview.ts';
import { startSwarmdWithFakes } from './swarmd-with-fakes.ts';

test('figures are shown as a table, and as JSON', async () => {
  const swarmd = await startSwarmdWithFakes();
  try {
    (await swarmd.client.invoke('nobody', { method: 'GET', path: '/' })).body.resume();
    const counted = await waitUntil(
      async () => (await swarmd.client.overview()).totals.refusedToday === 1,
      { timeoutMs: 20_000 },
    );
    assert.ok(counted);
    const table = await swarmd.cli(['top']);
    assert.equal(table.exitCode, 0, table.stderr);
    assert.match(table.stdout, /^NAME +STATE +REPLICAS +CALLS\/MIN +TODAY +REFUSED /);
    assert.match(table.stdout, /^\(all agents\) +0 +0 +1 +- +- +- +\$0\.00 +\$0\.00$/m);
    const json = await swarmd.cli(['top', '--output', 'json']);
    assert.equal(overview.parse(JSON.parse(json.stdout)).totals.refusedToday, 1);
  } finally {
    await swarmd.remove();
  }
});
