import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeploymentEvent } from '../../../../contracts/resources.ts';
import { advance, NO_PROGRESS } from './deployment-progress.ts';

const time = '2026-01-31T12:00:00Z';
const step = (seq: number, given: object): DeploymentEvent =>
  ({ type: 'step', seq, time, step: 'rootfs', state: 'started', ...given }) as DeploymentEvent;
const log = (seq: number): DeploymentEvent => ({
  ...{ type: 'log', seq, time, from: 'build', text: `line ${seq}` },
});

test('a step goes from begun over its share to done, with how long it took', () => {
  const half = advance(NO_PROGRESS, [
    step(1, {}),
    step(2, { state: 'progress', fraction: 0.5, detail: 'unpacking' }),
  ]);
  assert.equal(half.steps[0]?.fraction, 0.5);
  const done = advance(half, [step(3, { state: 'done', durationMs: 1200 })]);
  assert.deepEqual(done.steps, [
    {
      ...{ step: 'rootfs', state: 'done', startedAt: time, durationMs: 1200 },
      ...{ detail: undefined, fraction: undefined },
    },
  ]);
});

test('a step that was undone still says how long it had taken', () => {
  const { steps } = advance(NO_PROGRESS, [
    step(1, { state: 'done', durationMs: 7 }),
    step(2, { state: 'undone' }),
  ]);
  assert.deepEqual([steps[0]?.state, steps[0]?.durationMs], ['undone', 7]);
});

test('of a long log the newest lines are kept, and the others counted', () => {
  const progress = advance(
    NO_PROGRESS,
    Array.from({ length: 6_000 }, (_, seq) => log(seq)),
  );
  assert.equal(progress.log.length, 5_000);
  assert.equal(progress.dropped, 1_000);
  assert.equal(progress.log.at(-1)?.text, 'line 5999');
});
