import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { changeLines } from './change-lines.ts';

const text = (before: unknown, after: unknown) =>
  changeLines(before, after).map((line) => `${line.sign} ${line.text}`);

test('one line for each path that differs', () => {
  assert.deepEqual(
    text(
      { spec: { replicas: 1, env: { A: 'x' }, tags: ['a', 'b'] } },
      { spec: { replicas: 3, env: {}, tags: ['a', 'c'] } },
    ),
    [
      ...['+ spec.env: {}', '- spec.env.A: "x"'],
      ...['- spec.replicas: 1', '+ spec.replicas: 3'],
      ...['- spec.tags[1]: "b"', '+ spec.tags[1]: "c"'],
    ],
  );
});

test('made and removed: only what is there', () => {
  assert.deepEqual(text(null, { name: 'x' }), ['+ name: "x"']);
  assert.deepEqual(text({ name: 'x' }, null), ['- name: "x"']);
  assert.deepEqual(text(undefined, undefined), []);
  assert.deepEqual(text('a', 'b'), ['- "a"', '+ "b"']);
});

test('a value and itself do not differ; two that differ as JSON do', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
      assert.deepEqual(changeLines(a, structuredClone(a)), []);
      const object = (value: unknown) => ({ value });
      if (JSON.stringify(a) !== JSON.stringify(b) && typeof a !== 'object')
        assert.notDeepEqual(changeLines(object(a), object(b)), []);
    }),
  );
});
