import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editDistance, nearest } from './nearest.ts';

test('counts insertions, deletions, replacements and swaps', () => {
  assert.equal(editDistance('health', 'health'), 0);
  assert.equal(editDistance('helath', 'health'), 1);
  assert.equal(editDistance('healt', 'health'), 1);
  assert.equal(editDistance('', 'abc'), 3);
  assert.equal(editDistance('kitten', 'sitting'), 3);
});

test('is a symmetric distance bounded by the longer word', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const distance = editDistance(a, b);
      assert.equal(distance, editDistance(b, a));
      assert.equal(distance === 0, a === b);
      assert.ok(distance <= Math.max(a.length, b.length));
    }),
  );
});

test('finds what was meant, and stays silent otherwise', () => {
  const keys = ['image', 'git', 'build', 'replicas', 'resources', 'health', 'grace_period'];
  assert.equal(nearest('helth', keys), 'health');
  assert.equal(nearest('replica', keys), 'replicas');
  assert.equal(nearest('gracePeriod', keys), 'grace_period');
  assert.equal(nearest('gti', keys), 'git');
  assert.equal(nearest('volumes', keys), undefined);
  assert.equal(nearest('x', ['y']), undefined);
});
