import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hasEnded, MACHINE_MOVES, statesBefore } from './machine-moves.ts';

const states = Object.keys(MACHINE_MOVES) as (keyof typeof MACHINE_MOVES)[];

it('every state but the first can be reached, and every one leads to an end', () => {
  for (const state of states) {
    if (state !== 'starting') assert.ok(statesBefore(state).length > 0, state);
    const seen = new Set<string>();
    const ends = (from: keyof typeof MACHINE_MOVES): boolean => {
      if (hasEnded(from)) return true;
      if (seen.has(from)) return false;
      seen.add(from);
      return MACHINE_MOVES[from].some(ends);
    };
    assert.ok(ends(state), `${state} never ends`);
  }
});

it('nothing leaves an end, and an unhealthy machine does not come back', () => {
  assert.deepEqual(MACHINE_MOVES.stopped, []);
  assert.deepEqual(MACHINE_MOVES.failed, []);
  assert.ok(!statesBefore('healthy').includes('unhealthy'));
  assert.deepEqual(statesBefore('healthy'), ['starting']);
});

it('a machine that had calls drains before it is stopped', () => {
  assert.deepEqual([...statesBefore('stopping')].sort(), ['draining', 'starting']);
});
