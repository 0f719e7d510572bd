import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EventResource } from '../../../contracts/event.ts';
import type { RunNode, RunResource } from '../../../contracts/event-query.ts';
import { nanosecondsBetween, runSteps, visibleSteps } from './run-steps.ts';
import { stepAfter } from './step-after.ts';
import { barOf, spanNs, ticks } from './waterfall.ts';

let made = 0;
function event(changes: Partial<EventResource> = {}): EventResource {
  made++;
  return {
    ...{ seq: made, id: `evt_${made}`, kind: 'egress.call', status: 'ok', workspace: 'default' },
    ...{ time: '2026-01-31T12:00:00Z', recorded: '2026-01-31T12:00:00Z' },
    actor: { type: 'agent', id: 'a', name: 'a', auth: 'internal' },
    ...changes,
  };
}
function node(children: readonly RunNode[] = [], changes: Partial<EventResource> = {}): RunNode {
  return { event: event(changes), children };
}
function run(roots: readonly RunNode[]): RunResource {
  return {
    ...{ id: 'a'.repeat(32), status: 'ok', agents: [], endedAt: null, durationNs: null },
    ...{ startedAt: '2026-01-31T12:00:00Z', events: 0, errors: 0, tokens: {}, cost: [] },
    ...{ truncated: false, roots: [...roots] },
  };
}

test('steps are depth first, with what is below each', () => {
  const steps = runSteps(run([node([node([node()]), node()]), node()]));
  assert.deepEqual(
    steps.map(({ depth, below, parent }) => [depth, below, parent]),
    [
      [0, 3, -1],
      [1, 1, 0],
      [2, 0, 1],
      [1, 0, 0],
      [0, 0, -1],
    ],
  );
});

test('ten thousand levels take no stack', () => {
  let deep = node();
  for (let i = 0; i < 10_000; i++) deep = node([deep]);
  const steps = runSteps(run([deep]));
  assert.equal(steps.length, 10_001);
  assert.equal(steps.at(-1)?.depth, 10_000);
  assert.equal(steps[0]?.below, 10_000);
  assert.equal(visibleSteps(steps, new Set([steps[5]?.event.id ?? ''])).length, 6);
});

test('of any tree every event is a step, and folding hides what is below', () => {
  const tree: fc.Arbitrary<RunNode> = fc.letrec<{ node: RunNode }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.constant(undefined).map(() => node()),
      fc.array(tie('node'), { maxLength: 3 }).map((children) => node(children)),
    ),
  })).node;
  fc.assert(
    fc.property(fc.array(tree, { minLength: 1, maxLength: 3 }), fc.nat(), (roots, pick) => {
      const steps = runSteps(run(roots));
      assert.equal(new Set(steps.map((step) => step.event.id)).size, steps.length);
      const at = pick % steps.length;
      const step = steps[at];
      assert.ok(step !== undefined);
      const shown = visibleSteps(steps, new Set([step.event.id]));
      assert.equal(shown.length, steps.length - step.below);
      for (const place of shown) {
        let above = steps[place]?.parent ?? -1;
        while (above >= 0 && above !== at) above = steps[above]?.parent ?? -1;
        assert.notEqual(above, at);
      }
    }),
  );
});

test('times are exact to the nanosecond', () => {
  const from = '2026-01-31T12:00:00.000000001Z';
  assert.equal(nanosecondsBetween(from, '2026-01-31T12:00:00.123456789Z'), 123_456_788);
  assert.equal(nanosecondsBetween(from, '2026-02-01T12:00:00Z'), 86_400e9 - 1);
  assert.equal(nanosecondsBetween('nonsense', 'nonsense'), 0);
});

test('bars stand where and as long as their steps were', () => {
  const steps = runSteps(
    run([
      node([node([], { time: '2026-01-31T12:00:00.25Z', durationNs: 500e6 })], {
        durationNs: 1e9,
      }),
    ]),
  );
  const span = spanNs(steps, 0);
  assert.equal(span, 1e9);
  const bars = steps.map((step) => barOf(step, { span, nowNs: 0 }));
  assert.deepEqual(bars, [
    { left: 0, width: 1, open: false },
    { left: 0.25, width: 0.5, open: false },
  ]);
});

test('what is open reaches to now', () => {
  const steps = runSteps(run([node([], { status: 'open' })]));
  const nowNs = 4e9;
  const span = spanNs(steps, nowNs);
  assert.deepEqual(
    steps.map((step) => barOf(step, { span, nowNs })),
    [{ left: 0, width: 1, open: true }],
  );
});

test('no bar leaves its place, whatever its sender said', () => {
  const time = fc
    .date({ min: new Date('2025-01-01'), max: new Date('2027-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString());
  const duration = fc.option(fc.nat(Number.MAX_SAFE_INTEGER), { nil: undefined });
  fc.assert(
    fc.property(fc.array(fc.tuple(time, duration), { minLength: 1 }), (given) => {
      const steps = runSteps(
        run(
          given.map(([at, durationNs]) =>
            node([], { time: at, ...(durationNs !== undefined && { durationNs }) }),
          ),
        ),
      );
      const span = spanNs(steps, 0);
      for (const step of steps) {
        const { left, width } = barOf(step, { span, nowNs: 0 });
        assert.ok(left >= 0 && width >= 0 && left + width <= 1 + 1e-9);
      }
    }),
  );
});

test('marks of time are few and round', () => {
  assert.deepEqual(
    ticks(1e9, 5).map(({ ns }) => ns),
    [0, 2e8, 4e8, 6e8, 8e8, 1e9],
  );
  assert.deepEqual(
    ticks(9 * 60e9, 5).map(({ ns }) => ns / 60e9),
    [0, 2, 4, 6, 8],
  );
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 1e17, noNaN: true }),
      fc.integer({ min: 1, max: 8 }),
      (span, most) => {
        const marks = ticks(span, most);
        assert.ok(marks.length >= 1 && marks.length <= most + 1);
        assert.ok(marks.every(({ left }) => left >= 0 && left <= 1));
      },
    ),
  );
});

test('a call of which another run may be the cause is marked', () => {
  const steps = runSteps(
    run([
      node([], { attributes: { certain: false } }),
      node([], { attributes: { certain: true } }),
    ]),
  );
  assert.deepEqual(
    steps.map(({ uncertain }) => uncertain),
    [true, false],
  );
});

test('keys move, fold, unfold and open', () => {
  const steps = runSteps(run([node([node([node()]), node()]), node()]));
  const all = visibleSteps(steps, new Set());
  const where = { steps, places: all, folded: new Set<string>(), page: 3 };
  const press = (at: number, key: string) => stepAfter({ ...where, at }, key);
  assert.equal(press(0, 'ArrowDown'), 1);
  assert.equal(press(4, 'ArrowDown'), 4);
  assert.equal(press(0, 'ArrowUp'), 0);
  assert.equal(press(0, 'End'), 4);
  assert.equal(press(4, 'PageUp'), 1);
  assert.equal(press(1, 'ArrowLeft'), 'fold');
  assert.equal(press(2, 'ArrowLeft'), 1);
  assert.equal(press(4, 'ArrowLeft'), undefined);
  assert.equal(press(1, 'ArrowRight'), 2);
  assert.equal(press(2, 'ArrowRight'), undefined);
  assert.equal(press(2, 'Enter'), 'open');
  assert.equal(press(2, 'x'), undefined);
  const folded = new Set([steps[1]?.event.id ?? '']);
  const some = { steps, places: visibleSteps(steps, folded), folded, page: 3 };
  assert.equal(stepAfter({ ...some, at: 1 }, 'ArrowRight'), 'fold');
  assert.equal(stepAfter({ ...some, at: 2 }, 'ArrowLeft'), 0);
});
