import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgetBody } from '../../../contracts/cost.ts';
import { type BudgetForm, formOf, NEW_BUDGET, readBudget } from './budget-form.ts';

const good: BudgetForm = { ...NEW_BUDGET, name: 'desk-day', limit: '$20.50', period: 'day' };

test('a good form is a body that the API takes', () => {
  const read = readBudget({ ...good, agent: 'desk', thresholds: '50 %, 80' });
  assert.ok('body' in read);
  assert.deepEqual(budgetBody.parse(read.body), {
    ...{ name: 'desk-day', agent: 'desk', period: 'day', limit: { money: '20.50' } },
    ...{ thresholds: [50, 80], allowUnpriced: false },
  });
  const tokens = readBudget({ ...good, unit: 'tokens', limit: '200000', thresholds: '' });
  assert.ok('body' in tokens);
  assert.deepEqual(budgetBody.parse(tokens.body).limit, { tokens: 200_000 });
});

test('what the API would refuse is said beside its field', () => {
  const faults = (given: Partial<BudgetForm>) => {
    const read = readBudget({ ...good, ...given });
    return 'faults' in read ? Object.keys(read.faults) : [];
  };
  assert.deepEqual(faults({ name: 'Desk' }), ['name']);
  assert.deepEqual(faults({ name: '-a' }), ['name']);
  for (const limit of ['', '0', '0.00', '-1', '1e3', '1,5'])
    assert.deepEqual(faults({ limit }), ['limit'], limit);
  for (const limit of ['0', '1.5', '9999999999999999'])
    assert.deepEqual(faults({ limit, unit: 'tokens' }), ['limit'], limit);
  for (const thresholds of ['0', '101', 'half', Array(11).fill('5').join()])
    assert.deepEqual(faults({ thresholds }), ['thresholds'], thresholds);
});

test('a budget that is opened and set again is the same', () => {
  const same = { name: 'b', limit: { tokens: 5 }, thresholds: [80], allowUnpriced: true };
  const read = readBudget(
    formOf({ ...same, agent: null, period: 'month', now: null, updatedAt: '', updatedBy: '' }),
  );
  assert.ok('body' in read);
  assert.deepEqual(read.body, { ...same, period: 'month' });
});
