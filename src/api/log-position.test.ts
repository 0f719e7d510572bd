import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatLivePosition, parseLivePosition } from '../contracts/live-position.ts';
import { LogPosition } from './log-position.ts';

const ENDED = '2026-01-01T00:00:00Z';

test('a position is the same after it was sent and came back, with others beside it', () => {
  const machine = fc.string({ unit: fc.constantFrom(...'abc_019'), minLength: 1, maxLength: 24 });
  const seq = fc.nat(10 ** 9);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(machine, seq), { maxLength: 200 }),
      fc.array(machine),
      fc.option(seq, { nil: undefined }),
      (told, ended, eventSeq) => {
        const position = new LogPosition('desk');
        for (const [id, lines] of told) position.begin(id, lines);
        for (const id of ended) position.end(id);
        const sent = formatLivePosition({
          ...(eventSeq !== undefined && { seq: eventSeq }),
          log: String(position),
          deployment: 'dpl_1.7',
        });
        assert.ok(sent !== undefined && /^[\x21-\x7e]+$/.test(sent));
        const back = parseLivePosition(sent);
        assert.deepEqual([back?.seq, back?.deployment], [eventSeq, 'dpl_1.7']);
        const again = LogPosition.parse('desk', back?.log ?? '');
        assert.equal(String(again), String(position));
        for (const [id] of told) {
          assert.equal(again?.toldOf(id), position.toldOf(id));
          for (const endedAt of [null, ENDED])
            assert.equal(again?.isPassed({ id, endedAt }), position.isPassed({ id, endedAt }));
        }
      },
    ),
  );
});

test('what is none is none, and that of another agent, too', () => {
  for (const text of ['', 'desk', 'desk::m', 'desk::m.x', 'desk::m.1.2', 'other::m.1', 'desk:a b:'])
    assert.equal(LogPosition.parse('desk', text), undefined, text);
  for (const text of ['x', '1;', '1;log=', '-1', '1 ', '1;other=1', '1;deployment=a;log=b'])
    assert.equal(parseLivePosition(text), undefined, text);
  assert.deepEqual(parseLivePosition('12'), { seq: 12 });
  assert.equal(formatLivePosition({}), undefined);
  assert.equal(formatLivePosition({ seq: 0 }), '0');
});

test('machines that ended are passed once they are told; those that run and those to come are not', () => {
  const position = new LogPosition('desk');
  position.begin('m1', 0);
  position.begin('m2', 4);
  assert.equal(position.tell({ machine: 'm2', seq: 5 }), 0);
  assert.equal(position.tell({ machine: 'm2', seq: 9 }), 3);
  assert.equal(position.tell({ machine: 'm2', seq: 9 }), 0);
  position.end('m2');
  const isPassed = (id: string, endedAt: string | null) => position.isPassed({ id, endedAt });
  assert.deepEqual(
    [isPassed('m2', ENDED), isPassed('m0', ENDED), isPassed('m0', null)],
    [true, true, false],
  );
  assert.deepEqual([isPassed('m1', ENDED), isPassed('m3', ENDED)], [false, false]);
});
