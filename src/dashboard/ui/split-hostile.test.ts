import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitHostile } from './split-hostile.ts';

const inline = { max: 300, lines: false };
const names = (text: string) =>
  splitHostile(text, inline).pieces.map((piece) =>
    typeof piece === 'string' ? piece : piece.name,
  );

test('what can be seen stays as it is, in any script', () => {
  for (const text of ['', 'plain', 'Grüße, 世界', 'שלום', 'é with e\u0301', '❤️ 1️⃣'])
    assert.deepEqual(splitHostile(text, inline), { pieces: [text], left: 0 });
});

test('what cannot be seen, or turns what is around it, is named in its place', () => {
  assert.deepEqual(names('a\u202eb'), ['a', 'U+202E', 'b']);
  assert.deepEqual(names('\u0000\u001b[31m'), ['U+0000', 'U+001B', '[31m']);
  assert.deepEqual(names('a\u200bb\ufeff'), ['a', 'U+200B', 'b', 'U+FEFF']);
  assert.deepEqual(names('\u{e0041}'), ['U+E0041']);
  assert.deepEqual(names('x\ud800y'), ['x', 'U+D800', 'y']);
  assert.deepEqual(names('\u2028\u2066'), ['U+2028', 'U+2066']);
  assert.deepEqual(names(`a${'\u0300'.repeat(40)}`), ['a', '40 marks']);
});

test('line breaks and tabs are named in a line, and kept in a block', () => {
  assert.deepEqual(names('a\nb\tc'), ['a', '\\n', 'b', '\\t', 'c']);
  const { pieces } = splitHostile('a\nb\tc\r', { max: 300, lines: true });
  assert.deepEqual(pieces, ['a\nb\tc', { name: 'U+000D' }]);
});

test('it is cut at its limit, never within a character, and says how much is left', () => {
  assert.deepEqual(splitHostile('abcdef', { max: 4, lines: false }), { pieces: ['abcd'], left: 2 });
  assert.deepEqual(splitHostile('abc😀', { max: 4, lines: false }), { pieces: ['abc'], left: 2 });
  const flood = splitHostile('\u202e'.repeat(10_000), { max: 10_000, lines: false });
  assert.equal(flood.pieces.length + flood.left, 10_000);
  assert.ok(flood.pieces.length <= 2_000);
});

test('whatever is given, nothing unseen is left in what is shown, and nothing is lost', () => {
  const unseen = /(?!\ufe0f)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(60), (text, max) => {
      const { pieces, left } = splitHostile(text, { max, lines: false });
      for (const piece of pieces) if (typeof piece === 'string') assert.doesNotMatch(piece, unseen);
      const shown = pieces.filter((piece) => typeof piece === 'string').join('');
      assert.ok(shown.length + left <= text.length && left >= text.length - max - 1);
    }),
  );
});
