import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, MAX_JSON_DEPTH } from './canonical-json.ts';

test('the examples of RFC 8785', () => {
  const value = {
    numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  };
  assert.equal(
    canonicalJson(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
  const keys = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, ö: 7 };
  assert.deepEqual(
    [...canonicalJson(keys).matchAll(/:(\d)/g)].map(([, digit]) => Number(digit)),
    [2, 4, 6, 7, 1, 5, 3],
  );
});

test('any JSON value: the same value, sorted names, one form', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = canonicalJson(value);
      const again = JSON.parse(text);
      assert.deepEqual(again, JSON.parse(JSON.stringify(value)));
      assert.equal(canonicalJson(again), text);
      assertSorted(again);
    }),
  );
});

function assertSorted(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const text = canonicalJson(value);
  if (!Array.isArray(value)) {
    let at = 0;
    for (const key of Object.keys(value).sort()) {
      const next = text.indexOf(JSON.stringify(key), at);
      assert.ok(next >= at);
      at = next;
    }
  }
  for (const member of Object.values(value)) assertSorted(member);
}

test('names that look like array indices or like a prototype are names', () => {
  assert.equal(canonicalJson({ 9: 'a', 10: 'b', 1: 'c' }), '{"1":"c","10":"b","9":"a"}');
  assert.equal(
    canonicalJson(JSON.parse('{"__proto__":{"x":1},"a":2}')),
    '{"__proto__":{"x":1},"a":2}',
  );
});

test('half of a surrogate pair is replaced in a text and refused in a name', () => {
  assert.equal(canonicalJson('a\ud800b'), '"a\ufffdb"');
  assert.throws(() => canonicalJson({ '\ud800': 1 }), RangeError);
});

test('what is no JSON is refused', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n, Symbol('x'), () => 1])
    assert.throws(() => canonicalJson({ value }), RangeError);
  assert.equal(canonicalJson({ a: undefined, b: [undefined], c: -0 }), '{"b":[null],"c":0}');
});

test('nesting has an end', () => {
  let value: unknown = 1;
  for (let depth = 0; depth < MAX_JSON_DEPTH; depth++) value = [value];
  assert.doesNotThrow(() => canonicalJson(value));
  assert.throws(() => canonicalJson([value]), RangeError);
});
