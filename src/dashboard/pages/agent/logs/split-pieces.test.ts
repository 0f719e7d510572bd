import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitPieces } from './split-pieces.ts';

test('pieces are the text again, are short, and cut no character in two', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 60 });
  fc.assert(
    fc.property(fc.array(text, { maxLength: 4 }), fc.integer({ min: 2, max: 9 }), (texts, max) => {
      const pieces = splitPieces(texts, max);
      assert.equal(pieces.join(''), texts.join(''));
      assert.ok(pieces.every((piece) => piece.length > 0 && piece.length <= max));
      assert.ok(pieces.every((piece) => piece.isWellFormed()));
    }),
  );
});
