// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how references are written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { replaceReferences, secretNamesIn } from './secret-references.ts';

const replaced = (value: string) => replaceReferences({ X: value }, (name) => `<${name}>`).X;

test('references are found anywhere in a value', () => {
  const env = {
    A: '${SECRET_B}',
    B: 'Bearer ${SECRET_A}, ${SECRET_B}',
    C: 'none: $SECRET_A ${OTHER} ${SECRET_} ${SECRET_lower} ${SECRET_A',
    D: 'escaped: $${SECRET_E}',
  };
  assert.deepEqual(secretNamesIn(env), ['A', 'B']);
});

test('references are replaced, escapes undone, and the rest stays as it is', () => {
  const cases: [string, string][] = [
    ['${SECRET_A}', '<A>'],
    ['Bearer ${SECRET_A}${SECRET_B2_}', 'Bearer <A><B2_>'],
    ['$${SECRET_A}', '${SECRET_A}'],
    ['$$${SECRET_A}', '$${SECRET_A}'],
    ['$${x} ${SECRET_A}', '${x} <A>'],
    ['${SECRET_a} $SECRET_A ${SECRET_A', '${SECRET_a} $SECRET_A ${SECRET_A'],
  ];
  for (const [from, to] of cases) assert.equal(replaced(from), to);
});

test('what a value holds is not looked at again, nor taken for a pattern', () => {
  const out = replaceReferences({ X: '${SECRET_A}' }, () => '${SECRET_B} $& $1 $${');
  assert.equal(out.X, '${SECRET_B} $& $1 $${');
});

test('a text that was escaped comes out as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', 'SECRET_A', 'x') }), (text) => {
      // "$" right before "${" would be read as part of the escape.
      fc.pre(!text.includes('$$'));
      assert.equal(replaced(text.replaceAll('${', () => '$${')), text);
    }),
  );
});
