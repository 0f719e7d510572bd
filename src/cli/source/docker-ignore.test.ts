import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseIgnore } from './docker-ignore.ts';

/** Pattern lines, a path, and whether Docker leaves it out. */
const CASES: readonly (readonly [string, string, boolean])[] = [
  ['node_modules', 'node_modules', true],
  ['node_modules', 'node_modules/a/b.js', true],
  ['node_modules', 'web/node_modules', false], // Rooted: unlike .gitignore.
  ['**/node_modules', 'web/node_modules/x', true],
  ['**/node_modules', 'node_modules', true],
  ['*.log', 'a.log', true],
  ['*.log', 'logs/a.log', false],
  ['*/*.log', 'logs/a.log', true],
  ['**/*.log', 'a/b/c.log', true],
  ['**/*.log', 'c.log', true],
  ['a/**', 'a/b/c', true],
  ['a/**', 'a', false],
  ['a/**/z', 'a/z', true],
  ['a/**/z', 'a/b/c/z', true],
  ['**', 'anything/at/all', true],
  ['/dist/', 'dist/x', true],
  ['./dist', 'dist', true],
  ['a/../dist', 'dist', true],
  ['file?.txt', 'file1.txt', true],
  ['file?.txt', 'file12.txt', false],
  ['[a-c].txt', 'b.txt', true],
  ['[^a-c].txt', 'b.txt', false],
  ['\\*.txt', '*.txt', true],
  ['\\*.txt', 'a.txt', false],
  ['a+b(c)', 'a+b(c)', true],
  ['# comment', '# comment', false],
  ['*\n!keep', 'keep', false],
  ['*\n!keep', 'keep/inside', false],
  ['*\n!keep/inside', 'keep', true],
  ['*\n!keep/inside', 'keep/inside', false],
  ['!keep\n*', 'keep', true],
  ['*.md\n!README*.md\nREADME-secret.md', 'README.md', false],
  ['*.md\n!README*.md\nREADME-secret.md', 'README-secret.md', true],
  ['[', '[', false],
  ['', 'a', false],
];

for (const [pattern, path, ignored] of CASES)
  test(`${JSON.stringify(pattern)} ${ignored ? 'leaves out' : 'keeps'} ${path}`, () => {
    assert.equal(parseIgnore(pattern.split('\n')).ignores(path), ignored);
  });

test('a literal name leaves out itself and what is below it, and no other name', () => {
  const name = fc
    .stringMatching(/^[a-z0-9_+(){}^$|.-]{1,10}$/)
    .filter((text) => !/^\.{1,2}$/.test(text));
  fc.assert(
    fc.property(name, name, (pattern, other) => {
      const rules = parseIgnore([pattern]);
      assert.ok(rules.ignores(pattern) && rules.ignores(`${pattern}/below`));
      assert.equal(rules.ignores(other), other === pattern);
    }),
  );
});

test('no pattern makes it throw', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 1 }), (pattern, path) => {
      parseIgnore([pattern]).ignores(path);
    }),
  );
});
