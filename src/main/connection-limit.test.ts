import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionLimit } from './connection-limit.ts';

const line = (soft: string) => `Limit  Soft Limit  Hard Limit  Units
Max processes             127604               127604               processes
Max open files            ${soft}                 20000                files
Max locked memory         8388608              8388608              bytes
`;

test('callers get a third of the descriptors, within bounds', () => {
  assert.equal(connectionLimit(line('20000')), 6_666);
  assert.equal(connectionLimit(line('1024')), 341);
  assert.equal(connectionLimit(line('40')), 32);
  assert.equal(connectionLimit(line('1048576')), 100_000);
  assert.equal(connectionLimit(line('unlimited')), 100_000);
});

test('the limits of this process can be read', () => {
  assert.ok(connectionLimit() >= 32);
});
