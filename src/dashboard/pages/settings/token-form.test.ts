import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXPIRIES, expiresAt, expiryText, validity } from './token-form.ts';

const nowMs = Date.parse('2026-01-31T12:00:00.000Z');

test('an expiry is a time to come, or none', () => {
  const at = (local: string) => expiresAt('at', { at: local, nowMs });
  assert.equal(expiresAt('never', { at: '', nowMs }), undefined);
  assert.equal(expiresAt('1', { at: '', nowMs }), '2026-02-01T12:00:00.000Z');
  assert.equal(expiresAt('365', { at: '', nowMs }), '2027-01-31T12:00:00.000Z');
  assert.equal(at('2027-01-31T12:00'), new Date(2027, 0, 31, 12).toISOString());
  assert.deepEqual([at(''), at('2020-01-01T00:00'), at('x')], [null, null, null]);
  assert.equal(new Set(EXPIRIES.map(expiryText)).size, EXPIRIES.length);
});

test('a token that ends within a week is said to', () => {
  assert.equal(validity(null, nowMs), 'valid');
  assert.equal(validity('2026-02-07T11:59:59.000Z', nowMs), 'soon');
  assert.equal(validity('2026-02-07T12:00:00.000Z', nowMs), 'valid');
  assert.equal(validity('2026-01-31T12:00:00.000Z', nowMs), 'expired');
});
