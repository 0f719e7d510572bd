import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretParts } from './secret-parts.ts';

const reference = (name: string) => '$'.concat(`{SECRET_${name}}`);

test('secrets are found wherever they stand in a value', () => {
  assert.deepEqual(secretParts(`Bearer ${reference('API_KEY')}.`), [
    { text: 'Bearer ' },
    { secret: 'API_KEY' },
    { text: '.' },
  ]);
});

test('what is escaped or malformed is text', () => {
  assert.deepEqual(secretParts(`$${reference('A')}`), [{ text: reference('A') }]);
  assert.deepEqual(secretParts(reference('lower')), [{ text: reference('lower') }]);
  assert.deepEqual(secretParts(''), []);
});
