import assert from 'node:assert/strict';
import { createHmac, createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { PLACEHOLDER_PATTERN } from '../contracts/egress.ts';
import { placeholderOf } from './placeholder.ts';

const key = createSecretKey(Buffer.alloc(32, 7));

test('a placeholder is the HMAC of machine and name, as base 32', () => {
  const text = placeholderOf(key, { machineId: 'mch_1', name: 'API_KEY' });
  const digest = createHmac('sha256', key).update('mch_1\0API_KEY').digest();
  // Independently: all bits as one number, padded to a whole number of digits.
  let bits = [...digest].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  bits = bits.padEnd(260, '0');
  const digits = bits.match(/.{5}/g)?.map((five) => Number.parseInt(five, 2)) ?? [];
  const expected = digits.map((digit) => 'abcdefghijklmnopqrstuvwxyz234567'.charAt(digit)).join('');
  assert.equal(text, `swsec_${expected}`);
});

test('it has the form the proxy looks for, and another machine or name has another', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (machineId, name) => {
      const text = placeholderOf(key, { machineId, name });
      assert.deepEqual(`x ${text} y`.match(PLACEHOLDER_PATTERN), [text]);
      assert.equal(placeholderOf(key, { machineId, name }), text);
      assert.notEqual(placeholderOf(key, { machineId: `${machineId}1`, name }), text);
      assert.notEqual(placeholderOf(key, { machineId, name: `${name}1` }), text);
    }),
  );
});
