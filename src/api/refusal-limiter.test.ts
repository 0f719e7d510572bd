import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventDraft } from '../contracts/trail.ts';
import { createRefusalLimiter } from './refusal-limiter.ts';

test('of a flood from one place the first are told, the rest as one number; others are not touched', () => {
  const notes: EventDraft[] = [];
  const limiter = createRefusalLimiter(
    { note: (draft) => notes.push(draft) },
    { nowMs: () => 1_000 },
  );
  const passed = Array.from({ length: 1_000 }, () => limiter.take('192.0.2.1')).filter(Boolean);
  assert.equal(limiter.take('192.0.2.2'), true);
  assert.equal(notes.length, 0);
  limiter.close();
  assert.equal(notes.length, 1);
  assert.deepEqual(
    [String(notes[0]?.kind), notes[0]?.attributes],
    ['api.refusals_counted', { from: '192.0.2.1', count: 1_000 - passed.length }],
  );
});
