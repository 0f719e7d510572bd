import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AnsiStyle, parseAnsi, stripAnsi } from './parse-ansi.ts';

const ESC = '\u001b';
const shown = (text: string) => parseAnsi(text).map((segment) => segment.text);

test('colours and weights become styles, until they are reset', () => {
  assert.deepEqual(parseAnsi(`a${ESC}[1;31mb${ESC}[39mc${ESC}[0md`), [
    { text: 'a', style: {} },
    { text: 'b', style: { bold: true, colour: 1 } },
    { text: 'c', style: { bold: true } },
    { text: 'd', style: {} },
  ]);
  assert.deepEqual(parseAnsi(`${ESC}[38;5;196mx${ESC}[48;2;0;0;200my`), [
    { text: 'x', style: { colour: 1 } },
    { text: 'y', style: { colour: 1, background: 4 } },
  ]);
});

test('a link shows its text and leads nowhere', () => {
  const link = `see ${ESC}]8;;javascript:alert(1)${ESC}\\here${ESC}]8;;\u0007.`;
  assert.deepEqual(parseAnsi(link), [{ text: 'see here.', style: {} }]);
});

test('titles, cursor movement, clipboard, modes and device strings are left out', () => {
  for (const sequence of [
    `${ESC}]0;pwned\u0007`,
    `${ESC}]52;c;ZXZpbA==${ESC}\\`,
    `${ESC}[2J`,
    `${ESC}[10;20H`,
    `${ESC}[1A`,
    `${ESC}[?1049h`,
    `${ESC}[>4;1m`,
    `${ESC}P$q"p${ESC}\\`,
    `${ESC}_kitty${ESC}\\`,
    `${ESC}c`,
    `${ESC}(B`,
    `${ESC}7`,
  ])
    assert.deepEqual(shown(`a${sequence}b`), ['ab'], JSON.stringify(sequence));
});

test('what is incomplete hides nothing: it stays as text', () => {
  for (const text of [`${ESC}]0;the rest of the line`, `${ESC}[31`, `${ESC}`, `${ESC}[\u0001m`])
    assert.equal(shown(text).join(''), text);
  const long = `${ESC}[${'1;'.repeat(500)}m`;
  assert.equal(shown(long).join(''), long);
});

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(ESC, '[', ']', 'm', ';', ':', '8', '38;5;', '\u0007', '\\', 'P', '_', '?'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

const STYLE_KEYS = 'colour background bold dim italic underline struck'.split(' ');

test('of any text: what is shown is part of it in its order, and styles are of a closed set', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      let from = 0;
      for (const { text: piece, style } of parseAnsi(text)) {
        assert.notEqual(piece, '');
        for (const character of piece) {
          from = text.indexOf(character, from) + 1;
          assert.ok(from > 0);
        }
        checkStyle(style);
      }
    }),
    { numRuns: 2_000 },
  );
});

function checkStyle(style: AnsiStyle): void {
  for (const [name, value] of Object.entries(style)) {
    assert.ok(STYLE_KEYS.includes(name));
    assert.ok(
      value === true || (Number.isInteger(value) && Number(value) >= 0 && Number(value) < 8),
    );
  }
}

test('text without an escape is shown whole, and stripping is what is shown', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      assert.equal(stripAnsi(text), shown(text).join(''));
      const plain = text.replaceAll(ESC, '');
      assert.equal(stripAnsi(plain), plain);
    }),
  );
});

test('a megabyte of openings that never close is read in one pass', () => {
  const text = `${ESC}]8;;x`.repeat(170_000);
  assert.equal(stripAnsi(text), text);
  assert.equal(stripAnsi(`${ESC}[1m`.repeat(250_000)), '');
});
