import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EventResource } from '../../../contracts/event.ts';
import { newestCalls } from './newest-calls-list.ts';

function call(seq: number, given: Partial<EventResource> = {}): EventResource {
  return {
    ...{ seq, id: `evt_${seq}`, time: '2026-11-21T10:00:00Z', recorded: '2026-11-21T10:00:00Z' },
    ...{ workspace: 'default', kind: 'gateway.call', status: 'open' },
    actor: { type: 'anonymous', id: 'x', name: 'x', auth: 'none' },
    ...given,
  };
}
const ended = (seq: number) => call(seq, { status: 'ok', completedSeq: seq + 1_000 });

test('what was told takes its place among what was listed', () => {
  const shown = newestCalls([ended(3), ended(1)], [call(4), call(2)], 3);
  assert.deepEqual(
    shown.map(({ seq }) => seq),
    [4, 3, 2],
  );
});

test('a call that has ended never opens again, whatever comes last', () => {
  assert.equal(newestCalls([call(1)], [ended(1)], 5)[0]?.status, 'ok');
  assert.equal(newestCalls([ended(1)], [call(1)], 5)[0]?.status, 'ok');
});

test('each stands once, the newest first, and no more than are shown', () => {
  const seqs = fc.array(fc.nat(30), { maxLength: 40 });
  fc.assert(
    fc.property(seqs, seqs, fc.nat(12), (listed, told, max) => {
      const shown = newestCalls(
        listed.map(ended),
        told.map((seq) => call(seq)),
        max,
      );
      const expected = [...new Set([...listed, ...told])].sort((a, b) => b - a).slice(0, max);
      assert.deepEqual(
        shown.map(({ seq }) => seq),
        expected,
      );
    }),
  );
});
