import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CostReport, CostRow } from '../../../contracts/cost.ts';
import { costsCsv } from './costs-csv.ts';

const tokens = { input: 1, output: 2, cacheRead: 3, cacheWrite: 4, reasoning: 5 };
function report(rows: readonly Partial<CostRow>[]): CostReport {
  const sums = { calls: 7, tokens, amount: '0.000000000000000001', unpriced: 0, usageMissing: 1 };
  return {
    ...{ by: 'tool', since: '2026-11-01', until: '2026-11-02', currency: 'USD', totals: sums },
    ...{
      truncated: false,
      complete: true,
      rows: rows.map((row) => ({ ...sums, key: '', ...row })),
    },
  };
}

test('a line a row, with every digit', () => {
  const [head, line, end] = costsCsv(report([{ key: 'search' }])).split('\r\n');
  assert.match(head ?? '', /^tool,provider,of_agent,calls,input_tokens,/);
  assert.equal(line, 'search,,,7,1,3,4,2,5,0.000000000000000001,USD,0,1');
  assert.equal(end, '');
});

test('names that agents chose stay one cell, and no spreadsheet runs them', () => {
  const keys = ['a,b', 'say "hi"', 'two\r\nlines', '=HYPERLINK("x")', '+1', '-1', '@x', '\tx'];
  const csv = costsCsv(report(keys.map((key) => ({ key }))));
  const cells = [...csv.matchAll(/(?:^|\r\n)("(?:[^"]|"")*"|[^,"\r]*)(?=,)/g)].slice(1);
  const read = cells.map(([, cell = '']) =>
    cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
  );
  assert.deepEqual(read, [...keys.slice(0, 3), ...keys.slice(3).map((key) => `'${key}`)]);
});
