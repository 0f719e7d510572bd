import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chosenPreset, dayAfter, daysOf, rangePresets } from './cost-range.ts';

const NOW_MS = Date.parse('2026-03-05T22:00:00Z');

test('last month is all of the month before, over the end of a year too', () => {
  const last = (now: string) => rangePresets(Date.parse(now)).at(-1);
  assert.partialDeepStrictEqual(last('2026-03-31T12:00:00Z'), {
    since: '2026-02-01',
    until: '2026-02-28',
  });
  assert.partialDeepStrictEqual(last('2026-01-01T00:00:00Z'), {
    since: '2025-12-01',
    until: '2025-12-31',
  });
});

test('every preset is known again by what it puts into the address', () => {
  for (const preset of rangePresets(NOW_MS))
    assert.equal(chosenPreset(preset, NOW_MS)?.id, preset.id);
  assert.equal(chosenPreset({ since: '2026-03-01' }, NOW_MS)?.id, 'month');
  assert.equal(chosenPreset({ since: '2026-03-02' }, NOW_MS), undefined);
});

test('days are without gaps, over the end of a month, and bounded', () => {
  const range = { since: '2026-02-27', until: '2026-03-02' };
  assert.deepEqual(daysOf(range, 10), ['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-02']);
  assert.deepEqual(daysOf(range, 2), ['2026-03-01', '2026-03-02']);
  assert.equal(dayAfter('2028-02-28'), '2028-02-29');
});
