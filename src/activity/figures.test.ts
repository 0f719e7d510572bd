import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { EventResource } from '../contracts/event.ts';
import { OUTCOME_SLOT_MS, type OutcomeGroup, type OutcomePage } from '../contracts/outcome.ts';
import { OVERVIEW_MINUTES } from '../contracts/overview.ts';
import { ActivityWindow } from './activity-window.ts';
import { ActivityFigures } from './figures.ts';
import { addDuration, type LatencyHistogram, quantilesMs } from './latency-histogram.ts';
import { NewestEvents } from './newest-events.ts';
import { isWithin } from './time-bounds.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Two hours before a midnight. */
const BEGIN_MS = 20_000 * DAY_MS - 2 * 60 * MINUTE_MS;

const groupAt = (afterMs: fc.Arbitrary<number>) =>
  fc
    .record({
      afterMs,
      agent: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
      calls: fc.nat(3),
      errors: fc.nat(3),
      refusedIn: fc.nat(2),
      refusedOut: fc.nat(2),
      durationsMs: fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 4 }),
    })
    .map(
      ({ afterMs: after, agent, ...rest }): OutcomeGroup => ({
        ...rest,
        ...(agent !== undefined && { agent }),
        slot: Math.floor((BEGIN_MS + after) / OUTCOME_SLOT_MS),
      }),
    );
const groupsOf = (lastMs: number) =>
  fc.array(groupAt(fc.integer({ min: 0, max: lastMs })), { maxLength: 40 });

/** As told: each when it ended, in that order. */
function inOrder(groups: readonly OutcomeGroup[]): OutcomeGroup[] {
  return groups.toSorted((a, b) => a.slot - b.slot);
}
const msOf = ({ slot }: OutcomeGroup) => slot * OUTCOME_SLOT_MS;
const sum = (groups: readonly OutcomeGroup[], of: (group: OutcomeGroup) => number) =>
  groups.reduce((total, group) => total + of(group), 0);

describe('durations', () => {
  test('a quantile is within 5 % of the true one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.02, max: 8e7, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (durations, share) => {
          const histogram: LatencyHistogram = new Map();
          for (const ms of durations) addDuration(histogram, ms);
          const [found] = quantilesMs(histogram, [share]);
          const rank = Math.max(0, Math.ceil(share * durations.length) - 1);
          const exact = durations.toSorted((a, b) => a - b)[rank] ?? Number.NaN;
          assert.ok(Math.abs((found ?? Number.NaN) - exact) <= exact * 0.046, `${found} ${exact}`);
        },
      ),
    );
  });

  test('there are few buckets whatever comes, and none without durations', () => {
    const histogram: LatencyHistogram = new Map();
    assert.deepEqual(quantilesMs(histogram, [0.5, 0.95]), [null, null]);
    for (const ms of [0, -1, 1e-9, 1e30, Number.MAX_VALUE]) addDuration(histogram, ms);
    for (let ms = 0.001; ms < 1e12; ms *= 1.01) addDuration(histogram, ms);
    assert.ok(histogram.size < 300, String(histogram.size));
  });
});

describe('a window', () => {
  test('shows what a recount of all that happened shows, also over midnight', () => {
    fc.assert(
      fc.property(groupsOf(5 * 60 * MINUTE_MS), fc.nat(90 * MINUTE_MS), (unordered, laterMs) => {
        const groups = inOrder(unordered);
        const window = new ActivityWindow();
        for (const group of groups) window.add(group, msOf(group));
        const nowMs = Math.max(BEGIN_MS, ...groups.map(msOf)) + laterMs;
        const shown = window.show(nowMs);
        const today = groups.filter(
          (group) => Math.floor(msOf(group) / DAY_MS) === Math.floor(nowMs / DAY_MS),
        );
        assert.equal(
          shown.callsToday,
          sum(today, ({ calls }) => calls),
        );
        assert.equal(
          shown.errorsToday,
          sum(today, ({ errors }) => errors),
        );
        assert.equal(
          shown.refusedToday,
          sum(today, (of) => of.refusedIn + of.refusedOut),
        );
        const minute = Math.floor(nowMs / MINUTE_MS);
        const minutes = Array.from({ length: OVERVIEW_MINUTES }, (_, at) =>
          groups.filter(
            (group) => Math.floor(msOf(group) / MINUTE_MS) === minute - OVERVIEW_MINUTES + 1 + at,
          ),
        );
        assert.deepEqual(
          shown.series.calls,
          minutes.map((of) => sum(of, ({ calls }) => calls)),
        );
        assert.deepEqual(
          shown.series.refused,
          minutes.map((of) => sum(of, (one) => one.refusedIn + one.refusedOut)),
        );
        const hour = minutes.flat();
        const calls = sum(hour, (of) => of.calls);
        assert.equal(
          shown.errorRate,
          calls === 0 ? null : sum(hour, ({ errors }) => errors) / calls,
        );
        const afresh: LatencyHistogram = new Map();
        for (const ms of hour.flatMap(({ durationsMs }) => durationsMs)) addDuration(afresh, ms);
        const [p95Ms = null] = quantilesMs(afresh, [0.95]);
        assert.equal(shown.p95Ms, p95Ms === null ? null : Number(p95Ms.toPrecision(3)));
        const slot = Math.floor(nowMs / OUTCOME_SLOT_MS);
        const last = groups.filter((group) => group.slot > slot - 12);
        assert.equal(
          shown.callsPerMinute,
          sum(last, (of) => of.calls),
        );
      }),
    );
  });

  test('what is told late counts where it ended, and what is of yesterday not at all', () => {
    const midnight = 20_000 * DAY_MS;
    const window = new ActivityWindow();
    const one = { calls: 1, errors: 0, refusedIn: 0, refusedOut: 0, durationsMs: [7] };
    const slotOf = (ms: number) => Math.floor(ms / OUTCOME_SLOT_MS);
    window.add({ ...one, slot: slotOf(midnight + 1_000) }, midnight + 1_000);
    window.add({ ...one, slot: slotOf(midnight - MINUTE_MS) }, midnight + 2_000);
    window.addDay(one, { dayStartMs: midnight - DAY_MS });
    window.addDay(one, { dayStartMs: midnight });
    const shown = window.show(midnight + 3_000);
    assert.equal(shown.callsToday, 2);
    assert.deepEqual(shown.series.calls.slice(-2), [1, 1]);
    assert.equal(window.show(midnight + DAY_MS).callsToday, 0);
    assert.equal(window.show(midnight + DAY_MS).p95Ms, null);
  });
});

describe('figures', () => {
  const page = (groups: readonly OutcomeGroup[]): OutcomePage => ({
    ...{ type: 'slots', groups, failures: [], refusals: [], isCaughtUp: true },
  });

  test('are the same however the log was cut into pages', () => {
    fc.assert(
      fc.property(groupsOf(3 * 60 * MINUTE_MS), fc.nat(5), (unordered, size) => {
        const groups = inOrder(unordered);
        const nowMs = BEGIN_MS + 3 * 60 * MINUTE_MS;
        const [whole, cut] = [new ActivityFigures(), new ActivityFigures()];
        whole.take(page(groups), nowMs);
        for (let at = 0; at < groups.length; at += size + 1)
          cut.take(page(groups.slice(at, at + size + 1)), nowMs);
        const shown = cut.show(nowMs);
        assert.deepEqual(whole.show(nowMs), shown);
        const calls = sum(groups, (of) => (of.agent === undefined ? 0 : of.calls));
        const isToday = (group: OutcomeGroup) =>
          Math.floor(msOf(group) / DAY_MS) === Math.floor(nowMs / DAY_MS);
        const today = groups.filter(isToday);
        assert.equal(
          shown.totals.callsToday,
          sum(today, (of) => of.calls),
        );
        assert.ok(shown.agents.reduce((total, { callsToday }) => total + callsToday, 0) <= calls);
      }),
    );
  });

  test('names that strangers made up cost no memory, and very many agents a bounded one', () => {
    const figures = new ActivityFigures();
    const nowMs = BEGIN_MS;
    const sums = { calls: 0, errors: 0, refusedIn: 1, refusedOut: 0 };
    const group = { ...sums, slot: Math.floor(nowMs / OUTCOME_SLOT_MS), durationsMs: [] };
    for (let i = 0; i < 3_000; i++)
      figures.take(page([{ ...group, agent: `made-up-${i}` }]), nowMs);
    assert.deepEqual(figures.show(nowMs).agents, []);
    assert.equal(figures.show(nowMs).totals.refusedToday, 3_000);
    for (let i = 0; i < 3_000; i++)
      figures.take(page([{ ...group, calls: 1, agent: `agent-${i}` }]), nowMs);
    const { agents, totals } = figures.show(nowMs);
    assert.equal(agents.length, 1_000);
    assert.ok(agents.some(({ agent }) => agent === 'agent-2999'));
    assert.equal(totals.callsToday, 3_000);
  });
});

function event(facts: Partial<EventResource>): EventResource {
  return {
    ...{ seq: 0, id: 'evt_0', time: '2026-01-31T12:00:00Z', recorded: '2026-01-31T12:00:00Z' },
    ...{ workspace: 'default', kind: 'gateway.call', status: 'error' },
    actor: { type: 'human', id: 'prn_1', name: 'Ada', auth: 'token' },
    ...facts,
  };
}

test('of failures the newest stay, by when they ended, each once and short', () => {
  const newest = new NewestEvents();
  const long = { text: 'x'.repeat(30_000) };
  newest.add(
    Array.from({ length: 30 }, (_, seq) =>
      event({ seq, id: `evt_${seq}`, attributes: seq === 29 ? long : { seq } }),
    ),
  );
  newest.add([event({ seq: 3, completedSeq: 40, id: 'evt_3' })]);
  newest.add([event({ seq: 29, id: 'evt_29', error: { code: 'x', message: 'm'.repeat(2_000) } })]);
  const ids = newest.list().map(({ id }) => id);
  assert.equal(ids.length, 20);
  assert.deepEqual(ids.slice(0, 3), ['evt_3', 'evt_29', 'evt_28']);
  assert.ok(JSON.stringify(newest.list()).length < 20_000);
});

test('bounds of time hold to the nanosecond', () => {
  const atNs = BigInt(Date.UTC(2026, 0, 31, 12)) * 1_000_000n;
  assert.ok(isWithin({ sinceNs: atNs + 5n }, '2026-01-31T12:00:00.000000005Z'));
  assert.ok(!isWithin({ sinceNs: atNs + 6n }, '2026-01-31T12:00:00.000000005Z'));
  assert.ok(!isWithin({ untilNs: atNs }, '2026-01-31T12:00:00Z'));
  assert.ok(isWithin({ untilNs: atNs + 500_000_001n }, '2026-01-31T12:00:00.5Z'));
});
