import assert from 'node:assert/strict';
import { test } from 'node:test';
import { priceRows } from './price-rows.ts';

const prices = [
  { model: 'gpt-5', provider: 'openai', rates: { input: '1.25' }, tiers: [] },
  {
    model: 'claude-sonnet',
    rates: { input: '3' },
    tiers: [{ above: 200_000, rates: { input: '6' } }],
    asOf: '2026-03-31',
  },
];

test('each model is a row, and each of its tiers', () => {
  const rows = priceRows(prices, '');
  assert.deepEqual(
    rows.map(({ name, above, rates }) => [name, above, rates.input]),
    [
      ['openai/gpt-5', undefined, '1.25'],
      ['claude-sonnet', undefined, '3'],
      ['claude-sonnet', 200_000, '6'],
    ],
  );
  assert.equal(new Set(rows.map(({ key }) => key)).size, 3);
});

test('all words of a search stand in the name', () => {
  const names = (search: string) => priceRows(prices, search).map(({ name }) => name);
  assert.deepEqual(names('GPT open'), ['openai/gpt-5']);
  assert.deepEqual(names('gpt claude'), []);
});
