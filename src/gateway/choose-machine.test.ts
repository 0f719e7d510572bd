import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseMachine } from './choose-machine.ts';

const machines = fc
  .array(fc.record({ inFlight: fc.nat(6), avoidUntilMs: fc.constantFrom(0, 2_000) }), {
    maxLength: 8,
  })
  .map((loads) => loads.map((load, i) => ({ machineId: `m${i}`, ...load })));
const tried = fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 7 }).map((i) => `m${i}`)), {
  nil: undefined,
});

test('the choice is below the limit, untried, and no other such machine has fewer calls', () => {
  fc.assert(
    fc.property(
      machines,
      fc.integer({ min: 1, max: 5 }),
      fc.nat(100),
      tried,
      (all, hardLimit, turn, names) => {
        const not = names === undefined ? undefined : new Set(names);
        const chosen = chooseMachine(all, { hardLimit, turn, nowMs: 1_000, tried: not });
        const open = all.filter((m) => m.inFlight < hardLimit && !not?.has(m.machineId));
        if (chosen === undefined) return assert.equal(open.length, 0);
        assert.ok(open.includes(chosen));
        const good = open.filter((m) => m.avoidUntilMs <= 1_000);
        const rivals = good.length > 0 ? good : open;
        assert.ok(
          rivals.includes(chosen),
          'a machine that refused just now was taken without need',
        );
        assert.equal(chosen.inFlight, Math.min(...rivals.map((m) => m.inFlight)));
      },
    ),
  );
});

test('equals are taken in turn', () => {
  const all = ['a', 'b', 'c'].map((machineId) => ({ machineId, inFlight: 0, avoidUntilMs: 0 }));
  const names = [0, 1, 2, 3, 4, 5].map(
    (turn) => chooseMachine(all, { hardLimit: 1, turn, nowMs: 0, tried: undefined })?.machineId,
  );
  assert.deepEqual(names, ['a', 'b', 'c', 'a', 'b', 'c']);
});
