import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { diffConfigs } from './diff-configs.ts';

test('values that changed, came and went are told by their paths', () => {
  const before = { env: { MODEL: 'a', OLD: '1' }, resources: { cpus: 1 }, command: ['x'] };
  const after = { env: { MODEL: 'b', NEW: '2' }, resources: { cpus: 1 }, command: ['x', 'y'] };
  assert.deepEqual(diffConfigs(before, after), [
    { path: 'command', before: '["x"]', after: '["x","y"]' },
    { path: 'env.MODEL', before: 'a', after: 'b' },
    { path: 'env.NEW', before: undefined, after: '2' },
    { path: 'env.OLD', before: '1', after: undefined },
  ]);
});

test('a part that came whole is told value by value', () => {
  assert.deepEqual(diffConfigs({}, { egress: { mode: 'audit' } }), [
    { path: 'egress.mode', before: undefined, after: 'audit' },
  ]);
});

test('names that objects have anyway are names like others', () => {
  const after = JSON.parse('{"env":{"__proto__":"x","constructor":"y"}}');
  assert.deepEqual(
    diffConfigs({ env: {} }, after).map(({ path }) => path),
    ['env.__proto__', 'env.constructor'],
  );
});

test('nothing is different from itself, and what changes forth changes back', () => {
  const config = fc.object({ maxDepth: 3, values: [fc.string(), fc.integer(), fc.boolean()] });
  fc.assert(
    fc.property(config, config, (a, b) => {
      assert.deepEqual(diffConfigs(a, structuredClone(a)), []);
      const back = diffConfigs(b, a).map(({ path, before, after }) => ({
        ...{ path, before: after, after: before },
      }));
      assert.deepEqual(diffConfigs(a, b), back);
    }),
  );
});

test('a deep and a wide one are bounded', () => {
  let deep: unknown = 1;
  for (let i = 0; i < 1_000; i++) deep = { x: deep };
  assert.equal(diffConfigs(undefined, deep).length, 1);
  const wide = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`k${i}`, i]));
  assert.equal(diffConfigs({}, wide).length, 500);
});
