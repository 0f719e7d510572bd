import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareDecimals, differenceOf, isZero, shareOf, sumOf } from './decimal.ts';

/** Whole units of 10^-18, which every amount of the API is a number of. */
const units = fc.bigInt({ min: 0n, max: 10n ** 36n });
const SCALE = 18;

function text(value: bigint): string {
  const digits = String(value < 0n ? -value : value).padStart(SCALE + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -SCALE)}.${digits.slice(-SCALE)}`;
}

test('sums that floats get wrong are exact', () => {
  assert.equal(sumOf(['0.1', '0.2']), '0.3');
  assert.equal(
    sumOf(['999999999999999999', '0.000000000000000001']),
    `${'9'.repeat(18)}.${'0'.repeat(17)}1`,
  );
  assert.equal(sumOf([]), '0');
  assert.equal(differenceOf('1', '1.25'), '-0.25');
  assert.equal(differenceOf('20.00', '5.5'), '14.5');
});

test('sums and differences are those of whole numbers of the smallest unit', () => {
  fc.assert(
    fc.property(fc.array(units, { maxLength: 20 }), units, (amounts, take) => {
      const sum = amounts.reduce((all, one) => all + one, 0n);
      assert.equal(differenceOf(text(sum), sumOf(amounts.map(text))), '0');
      assert.equal(differenceOf(differenceOf(text(sum), text(take)), text(sum - take)), '0');
    }),
  );
});

test('the order is that of the values, however they are written', () => {
  assert.equal(compareDecimals('10', '9.99'), 1);
  assert.equal(compareDecimals('0.50', '0.5'), 0);
  fc.assert(
    fc.property(units, units, (a, b) => {
      assert.equal(compareDecimals(text(a), text(b)), a < b ? -1 : a > b ? 1 : 0);
    }),
  );
});

test('a share is a fraction, and none of nothing', () => {
  assert.equal(shareOf('5', '20'), 0.25);
  assert.equal(shareOf('30', '20'), 1.5);
  assert.equal(shareOf('1', '0'), 0);
  assert.ok(isZero('0.000'));
  assert.ok(!isZero('0.000000000000000001'));
});

test('what is no decimal number is refused', () => {
  for (const wrong of ['', '1e3', '.5', '1.', 'NaN', '1,5', ' 1'])
    assert.throws(() => sumOf([wrong]), RangeError, wrong);
});
