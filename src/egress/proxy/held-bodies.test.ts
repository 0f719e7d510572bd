import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeldBodies } from './held-bodies.ts';

test('a machine has its own room, all have theirs together, and what ends makes room', () => {
  const bodies = new HeldBodies({ maxHeldBytes: 100, maxHeldBytesOfAll: 150 });
  const [one, other] = [bodies.lease('a'), bodies.lease('a')];
  assert.ok(one.take(60) && other.take(40));
  assert.ok(!other.take(1), 'the machine has no room');
  const third = bodies.lease('b');
  assert.ok(third.take(50));
  assert.ok(!third.take(1), 'nobody has room');
  one.release();
  one.release();
  assert.ok(third.take(50) && !third.take(1));
  assert.ok(other.take(10) && !other.take(1));
});
