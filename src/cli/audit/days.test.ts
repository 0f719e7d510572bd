import assert from 'node:assert/strict';
import { test } from 'node:test';
import { days } from './days.ts';

test('days, weeks and years, or for ever; nothing else', () => {
  assert.deepEqual(['30d', '8w', '2y', '0', '36525', 'forever'].map(days), [
    ...[30, 56, 730, 0, 36_525, 'forever'],
  ]);
  for (const text of ['', '1h', '1.5d', '-1d', '36526d', '101y', 'never'])
    assert.throws(() => days(text), /a number of days such as 30d/, text);
});
