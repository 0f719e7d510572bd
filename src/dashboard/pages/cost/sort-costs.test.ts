import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CostRow } from '../../../contracts/cost.ts';
import { pressedSort, readCostSort, servedSort, sortCosts } from './sort-costs.ts';

const NO_TOKENS = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
function row(key: string, given: Partial<CostRow> = {}): CostRow {
  return { key, calls: 1, tokens: NO_TOKENS, amount: '0', unpriced: 0, usageMissing: 0, ...given };
}
const keys = (rows: readonly CostRow[]) => rows.map(({ key }) => key).join(' ');

test('amounts are compared by every digit, and what is equal stays as the server gave it', () => {
  const rows = [
    row('b', { amount: '0.1' }),
    row('a', { amount: '10' }),
    row('d', { amount: '0.10' }),
    row('c', { amount: '0.10000000000000000001' }),
  ];
  const sorted = (text: string) => keys(sortCosts({ rows, by: 'agent' }, readCostSort(text)));
  assert.equal(sorted('cost'), 'b d c a');
  assert.equal(sorted('-cost'), 'a c b d');
  assert.equal(sorted('name'), 'a b c d');
  assert.equal(keys(sortCosts({ rows, by: 'agent' }, undefined)), keys(rows));
});

test('a token class is a column, and a model stands under its provider', () => {
  const rows = [
    row('small', { provider: 'a', tokens: { ...NO_TOKENS, output: 2 } }),
    row('big', { provider: 'b', tokens: { ...NO_TOKENS, output: 10 } }),
  ];
  const sorted = (text: string) => keys(sortCosts({ rows, by: 'model' }, readCostSort(text)));
  assert.equal(sorted('-output'), 'big small');
  assert.equal(sorted('name'), 'small big');
});

test('the address names a column or nothing, and a second press turns it round', () => {
  for (const text of [undefined, '', '-', 'share', '--cost', 'constructor'])
    assert.equal(readCostSort(text), undefined, String(text));
  assert.equal(pressedSort('calls', servedSort('agent')), '-calls');
  assert.equal(pressedSort('calls', readCostSort('-calls')), 'calls');
  assert.equal(pressedSort('cost', servedSort('agent')), 'cost');
  assert.equal(pressedSort('name', servedSort('run')), 'name');
  assert.equal(pressedSort('name', servedSort('day')), 'name');
});

test('no row is lost or made, whatever the column', () => {
  const rows = fc.array(
    fc
      .record({ key: fc.string(), calls: fc.nat(), cents: fc.nat() })
      .map(({ cents, key, calls }) => row(key, { calls, amount: (cents / 100).toFixed(2) })),
  );
  const texts = fc.constantFrom('name', '-name', 'calls', '-calls', 'cost', '-cost', 'input');
  fc.assert(
    fc.property(rows, texts, (given, text) => {
      const sorted = sortCosts({ rows: given, by: 'agent' }, readCostSort(text));
      assert.deepEqual(new Set(sorted), new Set(given));
      assert.equal(sorted.length, given.length);
    }),
  );
});
