import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { tortureAudit } from '../../scripts/torture/torture-audit.ts';

test('a writer killed at random moments loses nothing that it acknowledged, and nothing looks forged', async () => {
  const totals = await tortureAudit({
    ...{ cycles: 200, seed: 7, minutes: 1, lanes: 2, verifyEvery: 10 },
    onProgress: () => undefined,
  });
  for (const folder of totals.kept) await rm(folder, { recursive: true, force: true });
  assert.deepEqual(totals.problems, []);
  assert.equal(totals.falseAlarms, 0);
  assert.equal(totals.found, totals.acknowledged);
  assert.ok(totals.cycles >= 20 && totals.acknowledged > 100, JSON.stringify(totals));
});
