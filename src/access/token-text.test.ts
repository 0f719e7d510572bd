import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { newId } from '../base/ids.ts';
import { newTokenText, parseTokenText } from './token-text.ts';

test('a new token is read back with the id of its record', () => {
  const id = newId('tok');
  const { text } = newTokenText(id);
  assert.deepEqual(parseTokenText(text), { id, text });
  assert.notEqual(newTokenText(id).text, text);
});

test('a token with a letter changed, lost or added is malformed', () => {
  const { text } = newTokenText(newId('tok'));
  const letters = '0123456789abcdefghjkmnpqrstvwxyz';
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.nat(31), (at, n) => {
      const letter = letters.charAt(n);
      const head = text.slice(0, at);
      assert.equal(parseTokenText(head + text.slice(at + 1)), undefined);
      assert.equal(parseTokenText(`${head}${letter}${text.slice(at)}`), undefined);
      if (letter !== text.charAt(at))
        assert.equal(parseTokenText(head + letter + text.slice(at + 1)), undefined);
    }),
    // Two in a million changes keep the check by chance (20 bits): so a fixed seed.
    { seed: 1, numRuns: 300 },
  );
});

test('anything else is no token', () => {
  fc.assert(fc.property(fc.string(), (text) => parseTokenText(text) === undefined));
});
