import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { IngestSource } from '../ports.ts';
import { fingerprint } from './fingerprint.ts';
import { type IndexedEvent, KnownIds } from './known-ids.ts';
import { parseIngest } from './parse-ingest.ts';

const source: IngestSource = {
  actor: { type: 'service', id: 'prn_1', name: 'reporter', auth: 'token' },
};
function parse(known: KnownIds, lines: readonly object[], actorId = 'prn_1') {
  const body = Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n'));
  return parseIngest(body, {
    ...{ format: 'ndjson' as const, known, nowMs: Date.parse('2026-06-01T12:00:00Z') },
    source: { actor: { ...source.actor, id: actorId } },
  });
}
const counts = ({ report }: ReturnType<typeof parse>) => [
  ...[report.accepted, report.duplicates, report.rejected],
  ...report.problems.map((problem) => problem.code),
];
/** An index that can be moved on. */
function fakeIndex() {
  const events = new Map<string, IndexedEvent>();
  const index = { position: 0, events };
  return Object.assign(index, {
    indexed: () => index.position,
    find: (ids: readonly string[]) =>
      new Map(
        ids.flatMap((id) => {
          const event = events.get(id);
          return event === undefined ? [] : [[id, event] as const];
        }),
      ),
  });
}

test('an event sent again is taken once, and its id is not taken for another', () => {
  const known = new KnownIds({ index: fakeIndex(), logSize: 0 });
  const event = { id: 'a', tool: 'mail', attributes: { x: 1, y: [2] } };
  assert.deepEqual(counts(parse(known, [event, event])), [1, 1, 0]);
  const reordered = { attributes: { y: [2], x: 1 }, tool: 'mail', id: 'a' };
  assert.deepEqual(counts(parse(known, [reordered])), [0, 1, 0]);
  for (const other of [
    { ...event, tool: 'post' },
    { ...event, attributes: { x: 1, y: [3] } },
    { ...event, status: 'error' },
    { ...event, payload: { request: 'body' } },
  ])
    assert.deepEqual(counts(parse(known, [other])), [0, 0, 1, 'event_id_conflict']);
  assert.deepEqual(counts(parse(known, [event], 'prn_2')), [0, 0, 1, 'event_id_conflict']);
  assert.deepEqual(counts(parse(known, [{ tool: 'mail' }, { tool: 'mail' }])), [2, 0, 0]);
});

test('a time that was left out is not compared, one that was said is', () => {
  const known = new KnownIds({ index: fakeIndex(), logSize: 0 });
  const time = '2026-06-01T10:00:00Z';
  assert.deepEqual(counts(parse(known, [{ id: 'a', time }, { id: 'a' }])), [1, 1, 0]);
  const other = parse(known, [{ id: 'a', time: '2026-06-01T10:00:01Z' }]);
  assert.deepEqual(counts(other), [0, 0, 1, 'event_id_conflict']);
});

test('bodies of another size are other content', () => {
  const known = new KnownIds({ index: fakeIndex(), logSize: 0 });
  const send = (request: string) => counts(parse(known, [{ id: 'a', payload: { request } }]));
  assert.deepEqual(send('abc'), [1, 0, 0]);
  assert.deepEqual(send('abc'), [0, 1, 0]);
  assert.deepEqual(send('abcd'), [0, 0, 1, 'event_id_conflict']);
});

test('what could not be written may come again', () => {
  const known = new KnownIds({ index: fakeIndex(), logSize: 0 });
  const first = parse(known, [{ id: 'a' }]);
  first.reservation.release();
  assert.deepEqual(counts(parse(known, [{ id: 'a' }])), [1, 0, 0]);
});

test('older events are found in the index, with what they said', () => {
  const index = fakeIndex();
  index.position = 10;
  index.events.set('old', {
    ...{ kind: 'program.event', status: 'ok', time: '2026-05-01T00:00:00Z', tool: 'mail' },
    actor: { id: 'prn_1' },
    cost: { amount: '1', currency: 'USD', prices: 'reported' },
    payload: { policy: 'hash', request: { bytes: 3 } },
  });
  const known = new KnownIds({ index, logSize: 10 });
  const same = { id: 'old', tool: 'mail', cost: { amount: '1', currency: 'USD' } };
  assert.deepEqual(counts(parse(known, [{ ...same, payload: { request: 'abc' } }])), [0, 1, 0]);
  assert.deepEqual(counts(parse(known, [{ ...same, payload: { request: 'ab' } }])), [
    ...[0, 0, 1],
    'event_id_conflict',
  ]);
  assert.deepEqual(counts(parse(known, [{ id: 'old', tool: 'post' }, { id: 'new' }])), [
    ...[1, 0, 1],
    'event_id_conflict',
  ]);
});

test('while the index lags behind what is in memory, ids are refused and events without are not', () => {
  const index = fakeIndex();
  const known = new KnownIds({ index, logSize: 5 });
  assert.throws(() => parse(known, [{ id: 'a' }]), { code: 'event_ids_behind' });
  assert.deepEqual(counts(parse(known, [{}])), [1, 0, 0]);
  index.position = 5;
  assert.deepEqual(counts(parse(known, [{ id: 'a' }])), [1, 0, 0]);
});

test('an index that catches up while it is asked does not make an old event new', () => {
  const index = fakeIndex();
  const known = new KnownIds({
    index: {
      ...index,
      find: (ids) => {
        const found = index.find(ids);
        index.position = 5;
        return found;
      },
      indexed: () => index.position,
    },
    logSize: 5,
  });
  assert.throws(() => parse(known, [{ id: 'a' }]), { code: 'event_ids_behind' });
  assert.equal(known.isComplete(), true);
});

test('memory forgets only what the index has', () => {
  const index = fakeIndex();
  const known = new KnownIds({ index, logSize: 0 });
  let next = 0;
  const send = () => {
    const lines = Array.from({ length: 1_000 }, () => ({ id: `id-${next++}` }));
    const parsed = parse(known, lines);
    parsed.reservation.commit(next);
    return parsed;
  };
  for (let i = 0; i < 250; i++) send();
  assert.notEqual(known.recent('id-0'), undefined);
  index.position = 120_000;
  send();
  assert.equal(known.recent('id-0'), undefined);
  assert.notEqual(known.recent('id-120001'), undefined);
  assert.ok(known.isComplete());
  while (known.isComplete()) send();
  assert.throws(() => parse(known, [{ id: 'more' }]), { code: 'event_ids_behind' });
  index.position = next;
  assert.deepEqual(counts(parse(known, [{ id: 'more' }])), [1, 0, 0]);
});

test('fingerprints depend on every value and on no order of names', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      const [a, b] = [JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other))];
      const same = stable(a) === stable(b);
      assert.equal(fingerprint(a) === fingerprint(b), same);
      assert.equal(fingerprint(a), fingerprint(shuffled(a)));
      assert.ok(Number.isSafeInteger(fingerprint(a)));
    }),
    { numRuns: 2_000 },
  );
});

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, member]) => [key, shuffled(member)]));
}
function stable(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
