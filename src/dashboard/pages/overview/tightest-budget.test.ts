import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BudgetResource } from '../../../contracts/cost.ts';
import {
  budgetShare,
  budgetTone,
  countUsedUp,
  percentUsed,
  tightestBudget,
} from './tightest-budget.ts';

function budget(
  name: string,
  given: { spent: string; limit: BudgetResource['limit']; period?: BudgetResource['period'] },
): BudgetResource {
  return {
    ...{ name, agent: null, period: given.period ?? 'day', limit: given.limit },
    ...{ thresholds: [], allowUnpriced: false, updatedAt: '', updatedBy: '' },
    now: { spent: given.spent, reserved: '0', left: '0', period: '2026-11-21', resetsAt: '' },
  };
}

test('what is held counts as used', () => {
  const now = { spent: '5', reserved: '2.5', left: '2.5', period: '', resetsAt: '' };
  assert.equal(budgetShare({ limit: { money: '10' }, now }), 0.75);
  assert.equal(budgetShare({ limit: { tokens: 30 }, now }), 0.25);
  assert.equal(budgetShare({ limit: { money: '10' }, now: null }), 0);
});

test('the tightest is the one with the highest share, of money and of that period', () => {
  const wide = budget('wide', { spent: '90', limit: { money: '1000' } });
  const tight = budget('tight', { spent: '9', limit: { money: '10' } });
  const tokens = budget('tokens', { spent: '99', limit: { tokens: 100 } });
  const month = budget('month', { spent: '100', limit: { money: '100' }, period: 'month' });
  const all = [wide, tokens, month, tight];
  assert.equal(tightestBudget(all, 'day')?.name, 'tight');
  assert.equal(tightestBudget(all, 'month')?.name, 'month');
  assert.equal(tightestBudget([tokens], 'day'), undefined);
});

test('used up are those of that period that nothing is left of, whatever they are of', () => {
  const money = budget('money', { spent: '10', limit: { money: '10' } });
  const tokens = budget('tokens', { spent: '101', limit: { tokens: 100 } });
  const near = budget('near', { spent: '9.99', limit: { money: '10' } });
  const month = budget('month', { spent: '1', limit: { money: '1' }, period: 'month' });
  const all = [money, tokens, near, month];
  assert.deepEqual([countUsedUp(all, 'day'), countUsedUp(all, 'month')], [2, 1]);
  assert.equal(countUsedUp(all, 'run'), 0);
});

test('100 percent are said of all of it only', () => {
  assert.deepEqual([0.9999, 1, 1.5].map(percentUsed), ['99 %', '100 %', '150 %']);
  assert.deepEqual([0, 0.000001, 0.0099, 0.01].map(percentUsed), ['0 %', '< 1 %', '< 1 %', '1 %']);
});

test('a budget warns before it is used up', () => {
  assert.deepEqual([0.5, 0.8, 1, 1.2].map(budgetTone), ['accent', 'warn', 'bad', 'bad']);
});
