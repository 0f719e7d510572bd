import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertGolden } from './golden-file.ts';
import { loadErrors } from './load-errors.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const errors = await loadErrors();

test('the catalogue of error codes is the one that was agreed', () => {
  const kept = errors.map(([code, { status, area }]) => [code, { status, area }]);
  assertGolden(
    'tests/golden/errors.json',
    `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`,
  );
});

test('docs/reference/errors.md has every code, and no other', () => {
  assertGolden('docs/reference/errors.md', reference());
});

test('every code says what to do, in a sentence', () => {
  for (const [code, { remedy, status }] of errors) {
    assert.match(code, /^[a-z][a-z0-9_]+$/, code);
    assert.match(remedy, /^["\p{L}].*[.)]$/su, `${code}: ${remedy}`);
    assert.ok(status >= 400 && status < 600, code);
  }
});

test('every declared code is thrown, or named, somewhere', () => {
  const source = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => readFileSync(join(ROOT, 'src', path), 'utf8'))
    .join('\n');
  const unused = errors
    .map(([code]) => code)
    .filter((code) => (source.match(new RegExp(`\\b${code}\\b`, 'g')) ?? []).length < 2);
  assert.deepEqual(unused, []);
});

function reference(): string {
  const lines = [
    '# Error codes',
    '',
    'Made from the declarations in the source: `UPDATE_GOLDEN=1 node --test tests/golden/errors.test.ts`.',
    '',
    'An error has a code that stays the same, a message that says what was wrong and where, and a',
    'remedy. The API answers with the status below as `application/problem+json`; the CLI prints',
    'message and remedy, and shows the code with `--output json`. A message may come with a better',
    'remedy than the one that stands here.',
    '',
    '| Code | Status | From | What to do |',
    '| --- | --- | --- | --- |',
    ...errors.map(
      ([code, { status, area, remedy }]) =>
        `| \`${code}\` | ${status} | ${area} | ${remedy.replaceAll('|', '\\|')} |`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
