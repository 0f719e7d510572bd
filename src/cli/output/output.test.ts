import assert from 'node:assert/strict';
import { test } from 'node:test';
import pc from 'picocolors';
import type { OutputStream } from './output.ts';
import { wantsColor } from './output.ts';
import { cutText, tableText } from './table.ts';
import { ageText, bytesText, durationText, printable } from './text.ts';

test('durations, ages and sizes', () => {
  assert.deepEqual([12, 4_200, 185_000, 7_800_000].map(durationText), [
    '12 ms',
    '4.2 s',
    '3 min 05 s',
    '2 h 10 min',
  ]);
  const ages = [5, 99, 100, 3_600 * 5, 86_400 * 9].map((seconds) => ageText(0, seconds * 1000));
  assert.deepEqual(ages, ['5s', '99s', '1m', '5h', '9d']);
  assert.deepEqual([0, 1023, 1536, 24_117_248].map(bytesText), [
    '0 B',
    '1023 B',
    '1.5 KiB',
    '23 MiB',
  ]);
});

test('tables line up whatever the colours', () => {
  const { red } = pc.createColors(true);
  const text = tableText(
    ['NAME', 'STATE', 'END'],
    [
      ['a', red('failed'), 'x'],
      ['longer', 'ok', ''],
    ],
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes of colours
  const plain = text.replace(/\u001b\[\d+m/g, '');
  assert.equal(plain, 'NAME    STATE   END\na       failed  x\nlonger  ok\n');
});

test('a cut line keeps whole colour codes, and ends them', () => {
  const { red } = pc.createColors(true);
  assert.equal(cutText('plain', 10), 'plain');
  assert.equal(cutText('longer than that', 6), 'longer');
  assert.equal(cutText(`a${red('bcd')}e`, 3), 'a\u001b[31mbc\u001b[0m');
});

test('what a guest says cannot drive the terminal', () => {
  assert.equal(printable('a\u001b[2J\u001b]0;title\u0007b\u001bc\r\n\tc\u009b31m'), 'abc\tc31m');
  assert.equal(printable('grüße 🐝'), 'grüße 🐝');
  assert.equal(printable('a\u202egnp.exe\u2066b\u200f'), 'agnp.exeb');
});

test('colours only on a terminal, and never against NO_COLOR or --no-color', () => {
  const stream = (isTTY: boolean) => ({ isTTY }) as OutputStream;
  assert.equal(wantsColor(stream(true), { env: {}, color: true }), true);
  assert.equal(wantsColor(stream(false), { env: {}, color: true }), false);
  assert.equal(wantsColor(stream(true), { env: { NO_COLOR: '1' }, color: true }), false);
  assert.equal(wantsColor(stream(true), { env: { NO_COLOR: '' }, color: true }), true);
  assert.equal(wantsColor(stream(true), { env: {}, color: false }), false);
  assert.equal(wantsColor(stream(true), { env: { TERM: 'dumb' }, color: true }), false);
});
