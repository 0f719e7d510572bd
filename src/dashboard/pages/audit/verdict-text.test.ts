import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Step } from '../../audit-proof/steps.ts';
import { verdictText } from './verdict-text.ts';

const step = (state: Step['state']): Step => ({ title: state, state, why: '' });

test('a verdict says no more than was checked', () => {
  const told = (of: 'event' | 'log', states: readonly Step['state'][]) =>
    verdictText({ verdict: 'proven', of, steps: states.map(step) });
  assert.match(
    told('event', ['ok', 'ok', 'skipped']),
    /^This event is in the log, as it is shown.$/,
  );
  assert.match(told('event', ['note', 'ok', 'skipped']), /server’s own word/);
  assert.match(told('log', ['ok', 'ok', 'skipped']), /^The newest checkpoint is signed/);
  assert.match(told('log', ['ok', 'ok', 'ok']), /only added to/);
  assert.match(verdictText({ verdict: 'wrong', of: 'log', steps: [] }), /do not rely on this log/);
  assert.match(verdictText({ verdict: 'unproven', of: 'log', steps: [] }), /Not all/);
});
