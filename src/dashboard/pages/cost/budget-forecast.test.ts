import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BudgetResource } from '../../../contracts/cost.ts';
import { budgetForecast } from './budget-forecast.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2026-11-21T00:00:00Z');
const RESETS_MS = START_MS + 24 * HOUR_MS;

function day(spent: string, left: string, reserved = '0'): Pick<BudgetResource, 'now' | 'limit'> {
  const resetsAt = new Date(RESETS_MS).toISOString();
  const limit = { money: String(Number(spent) + Number(left) + Number(reserved)) };
  return { limit, now: { spent, reserved, left, period: '2026-11-21', resetsAt } };
}
const at = (hours: number) => ({ nowMs: START_MS + hours * HOUR_MS });

test('at the rate of the period so far', () => {
  // 2 dollars in 4 hours: 3 more last for 6.
  assert.deepEqual(budgetForecast(day('2', '3'), at(4)), {
    ...{ state: 'runs_out', atMs: START_MS + 10 * HOUR_MS, resetsAtMs: RESETS_MS },
  });
  assert.deepEqual(budgetForecast(day('2', '18'), at(4)), {
    ...{ state: 'lasts', shareAtEnd: 12 / 20, resetsAtMs: RESETS_MS },
  });
});

test('what began to cost lately counts, what has become cheaper does not', () => {
  const lately = (spent: number) => ({ ...at(20), recent: { spent, overMs: 2 * HOUR_MS } });
  assert.equal(budgetForecast(day('2', '3'), at(20))?.state, 'lasts');
  assert.deepEqual(budgetForecast(day('2', '3'), lately(2)), {
    ...{ state: 'runs_out', atMs: START_MS + 23 * HOUR_MS, resetsAtMs: RESETS_MS },
  });
  assert.equal(budgetForecast(day('4', '1'), lately(0))?.state, 'lasts');
});

test('of a month from its first day', () => {
  const month = {
    limit: { tokens: 3_000 },
    now: {
      spent: '1000',
      reserved: '0',
      left: '2000',
      period: '2026-11',
      resetsAt: '2026-12-01T00:00:00Z',
    },
  };
  const forecast = budgetForecast(month, { nowMs: Date.parse('2026-11-06T00:00:00Z') });
  assert.deepEqual(forecast, {
    ...{ state: 'runs_out', atMs: Date.parse('2026-11-16T00:00:00Z') },
    resetsAtMs: Date.parse('2026-12-01T00:00:00Z'),
  });
});

test('used up, not begun, too early, and runs', () => {
  assert.equal(budgetForecast(day('5', '0'), at(1))?.state, 'used_up');
  assert.equal(budgetForecast(day('0', '5'), at(1))?.state, 'unspent');
  assert.equal(budgetForecast(day('1', '5'), at(0.1))?.state, 'early');
  assert.equal(budgetForecast({ limit: { money: '1' }, now: null }, at(1)), null);
});

test('it never says that what runs out does so in the past or after the period', () => {
  const dollars = fc.integer({ min: 0, max: 1_000 }).map(String);
  const hours = fc.double({ min: 0, max: 24, noNaN: true });
  fc.assert(
    fc.property(dollars, dollars, hours, (spent, left, hour) => {
      const forecast = budgetForecast(day(spent, left), at(hour));
      if (forecast?.state !== 'runs_out') return;
      assert.ok(forecast.atMs >= at(hour).nowMs && forecast.atMs < forecast.resetsAtMs);
    }),
  );
});
