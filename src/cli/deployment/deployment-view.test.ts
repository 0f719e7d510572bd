import assert from 'node:assert/strict';
import { test } from 'node:test';
import pc from 'picocolors';
import type { DeploymentEvent } from '../../contracts/resources.ts';
import { afterEvent, EMPTY_VIEW, lastingLine, liveLines, plainLine } from './deployment-view.ts';

const colors = pc.createColors(false);
const time = '2026-01-01T00:00:00.000Z';
const step = (
  name: string,
  state: 'started' | 'progress' | 'done' | 'failed',
  more = {},
): DeploymentEvent => ({
  ...{ type: 'step', seq: 1, time, step: name, state },
  ...more,
});
const log = (text: string): DeploymentEvent => ({ type: 'log', seq: 2, time, from: 'build', text });

test('a step under way: its progress, and the last lines of its log', () => {
  const events = [
    step('resolve', 'started'),
    ...[1, 2, 3, 4, 5, 6].map((n) => log(`line ${n}`)),
    step('resolve', 'progress', { detail: 'unpack', fraction: 0.5 }),
  ];
  const view = events.reduce((before, event) => afterEvent(before, event, 1_000), EMPTY_VIEW);
  assert.deepEqual(liveLines(view, { nowMs: 3_000, colors }), [
    '⠋ Get the image  ██████████░░░░░░░░░░ 50 %  unpack  2.0 s',
    ...['  │ line 3', '  │ line 4', '  │ line 5', '  │ line 6'],
  ]);
});

test('a new step begins without the lines of the last', () => {
  const events = [
    step('resolve', 'started'),
    log('old'),
    step('resolve', 'done'),
    step('machines', 'started'),
  ];
  const view = events.reduce((before, event) => afterEvent(before, event, 0), EMPTY_VIEW);
  assert.deepEqual(view.log, []);
  assert.equal(view.current?.step, 'machines');
});

test('lines that stay, on a terminal and elsewhere', () => {
  const done = step('resolve', 'done', { durationMs: 1_500, detail: 'cached' });
  assert.equal(lastingLine(done, colors), '✓ Get the image  cached  1.5 s');
  assert.equal(plainLine(done), 'Get the image: done in 1.5 s (cached)');
  assert.equal(plainLine(step('machines', 'started')), 'Start machines …');
  assert.equal(plainLine(step('machines', 'progress', { fraction: 0.1 })), undefined);
  assert.equal(plainLine(log('\u001b[31mred')), '  build | red');
});

test('the log is bounded', () => {
  let view = EMPTY_VIEW;
  for (let n = 0; n < 1_000; n++) view = afterEvent(view, log(String(n)), 0);
  assert.ok(view.log.length <= 30);
});
