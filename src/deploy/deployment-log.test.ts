import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import type { DeploymentEvent } from '../contracts/resources.ts';
import type { Store } from '../store/store.ts';
import { DeploymentLog } from './deployment-log.ts';

test('a build that says more than can be written costs bounded memory, and is told so', async () => {
  const written: DeploymentEvent[] = [];
  const deployments = {
    appendEvents: async (_deployment: unknown, events: readonly DeploymentEvent[]) => {
      written.push(...events);
    },
    trimEvents: async () => undefined,
  };
  const log = new DeploymentLog({
    store: { deployments } as unknown as Store,
    clock: systemClock,
    log: silentLogger,
    deployment: { id: 'dpl_1', workspaceId: 'default' },
    lastSeq: 0,
  });
  for (let i = 0; i < 100_000; i++) log.line('build', `line ${i}`);
  log.step('resolve', 'done');
  await log.flush();
  const lines = written.flatMap((event) => (event.type === 'log' ? [event.text] : []));
  const kept = lines.filter((text) => text.startsWith('line '));
  const leftOut = lines.flatMap((text) => /^(\d+) lines left out/.exec(text)?.[1] ?? []);
  assert.ok(kept.length < 10_000, `${kept.length}`);
  assert.equal(kept.length + leftOut.reduce((sum, count) => sum + Number(count), 0), 100_000);
  assert.ok(written.some((event) => event.type === 'step'));
});
