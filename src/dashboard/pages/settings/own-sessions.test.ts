import assert from 'node:assert/strict';
import { test } from 'node:test';
import { othersOf } from './own-sessions.ts';

test('signing out everywhere else ends one’s own sessions, and nobody else’s', () => {
  const here = { id: 1, token: 'a', current: true };
  const there = { id: 2, token: 'a', current: false };
  const somebody = { id: 3, token: 'b', current: false };
  assert.deepEqual(othersOf([somebody, there, here]), [there]);
  assert.deepEqual(othersOf([somebody]), []);
});
