import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findJsonFault } from './json-fault.ts';

test('says where, and what was expected', () => {
  assert.deepEqual(findJsonFault('{"a": 1,\n "b": }'), { line: 2, column: 7, expected: 'a value' });
  assert.deepEqual(findJsonFault('{"a": 1'), { line: 1, column: 8, expected: '"," or "}"' });
  assert.deepEqual(findJsonFault('[1,]'), { line: 1, column: 4, expected: 'a value' });
  assert.deepEqual(findJsonFault('{"a": 1} x'), { line: 1, column: 10, expected: 'nothing more' });
  assert.deepEqual(findJsonFault("{'a': 1}"), {
    line: 1,
    column: 2,
    expected: 'a key in double quotes and a ":"',
  });
  assert.equal(findJsonFault('')?.expected, 'a value');
});

function accepts(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('agrees with JSON.parse on what is JSON', () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', ',', '"', '}', '0', 'x', '\n'),
      (json, n, c) => {
        const at = n % (json.length + 1);
        const damaged = json.slice(0, at) + c + json.slice(at + (n % 2));
        assert.equal(findJsonFault(json), undefined);
        assert.equal(findJsonFault(damaged) === undefined, accepts(damaged), damaged);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('walks any depth', () => {
  assert.equal(findJsonFault('['.repeat(500_000))?.expected, 'a value');
});
