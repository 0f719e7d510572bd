import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuShare } from './cpu-share.ts';

test('the share is of one CPU, between two samples', () => {
  assert.equal(cpuShare({ cpuMs: 1_000, atMs: 10_000 }, { cpuMs: 3_500, atMs: 15_000 }), 0.5);
  assert.equal(cpuShare({ cpuMs: 0, atMs: 0 }, { cpuMs: 10_000, atMs: 5_000 }), 2);
});

test('nothing is said of one sample, of two at once, and of a machine that began anew', () => {
  assert.equal(cpuShare(undefined, { cpuMs: 5, atMs: 5 }), undefined);
  assert.equal(cpuShare({ cpuMs: 1, atMs: 100 }, { cpuMs: 9, atMs: 101 }), undefined);
  assert.equal(cpuShare({ cpuMs: 900, atMs: 0 }, { cpuMs: 5, atMs: 5_000 }), undefined);
});
