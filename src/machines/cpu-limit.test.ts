import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuLimitOf } from './cpu-limit.ts';

test('whole CPUs leave room for the VMM, which the guest cannot take; a fraction is exact', () => {
  assert.deepEqual([1, 2, 32].map(cpuLimitOf), [1.25, 2.25, 32.25]);
  assert.deepEqual([0.1, 0.5, 1.5].map(cpuLimitOf), [0.1, 0.5, 1.5]);
});
