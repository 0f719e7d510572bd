import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moneyText, tokensText } from './cost-text.ts';

test('money has cents, and all digits that say something', () => {
  assert.deepEqual(['0', '12.5', '0.00035', '3', '1.230000'].map(moneyText), [
    ...['0.00', '12.50', '0.00035', '3.00', '1.23'],
  ]);
});

test('tokens are short', () => {
  assert.deepEqual([0, 9_999, 10_000, 999_949, 999_950, 4_560_000].map(tokensText), [
    ...['0', '9999', '10.0k', '999.9k', '1.00M', '4.56M'],
  ]);
});
