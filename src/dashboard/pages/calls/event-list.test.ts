import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventStatus } from '../../../contracts/event.ts';
import type { CallRow } from './call-row.ts';
import {
  EMPTY_LIST,
  indexOfSeq,
  MAX_WAITING,
  withArrived,
  withPage,
  withWaiting,
} from './event-list.ts';

function row(seq: number, status: EventStatus = 'ok'): CallRow {
  return {
    ...{ id: `evt_${seq}`, seq, status, time: '2026-01-31T12:00:00Z', kind: 'gateway.call' },
    ...{
      agent: 'desk',
      name: undefined,
      what: 'GET /',
      durationNs: undefined,
      tokens: undefined,
      cost: undefined,
    },
  };
}
const all = { isShown: () => true };
const seqs = (rows: readonly CallRow[]) => rows.map(({ seq }) => seq);
const loaded = (newest: number, oldest: number, nextCursor: string | null = 'more') =>
  withPage(EMPTY_LIST, {
    rows: Array.from({ length: newest - oldest + 1 }, (_, i) => row(newest - i)),
    nextCursor,
  });

test('pages follow each other, and nothing is there twice', () => {
  const list = withPage(loaded(10, 8), { rows: [row(8), row(7), row(5)], nextCursor: null });
  assert.deepEqual(seqs(list.rows), [10, 9, 8, 7, 5]);
  assert.equal(list.nextCursor, null);
});

test('at the top new ones come in, the newest first', () => {
  const list = withArrived(loaded(10, 8), { rows: [row(11), row(13)], ...all, hold: false });
  assert.deepEqual(seqs(list.rows), [13, 11, 10, 9, 8]);
});

test('further down they wait until they are asked for', () => {
  const before = loaded(10, 8);
  const held = withArrived(before, { rows: [row(11), row(12)], ...all, hold: true });
  assert.equal(held.rows, before.rows);
  assert.deepEqual(seqs(held.waiting), [12, 11]);
  const shown = withWaiting(held);
  assert.deepEqual(seqs(shown.rows), [12, 11, 10, 9, 8]);
  assert.deepEqual(shown.waiting, []);
});

test('one that ends changes where it began, whether shown or waiting', () => {
  const open = withArrived(loaded(10, 8), { rows: [row(9, 'open')], ...all, hold: false });
  const ended = withArrived(open, { rows: [row(9, 'error')], isShown: () => false, hold: true });
  assert.deepEqual(seqs(ended.rows), [10, 9, 8]);
  assert.equal(ended.rows[1]?.status, 'error');
  const waiting = withArrived(open, { rows: [row(11, 'open')], ...all, hold: true });
  const done = withArrived(waiting, { rows: [row(11)], ...all, hold: true });
  assert.deepEqual(
    done.waiting.map(({ status }) => status),
    ['ok'],
  );
});

test('one that began and ended within a moment is one row, as it ended', () => {
  const rows = [row(11, 'open'), row(11, 'ok')];
  const list = withArrived(loaded(10, 8), { rows, ...all, hold: false });
  assert.deepEqual(seqs(list.rows), [11, 10, 9, 8]);
  assert.equal(list.rows[0]?.status, 'ok');
});

test('what does not match is no new row', () => {
  const list = loaded(10, 8);
  const isShown = ({ status }: CallRow) => status === 'open';
  assert.equal(withArrived(list, { rows: [row(11)], isShown, hold: false }), list);
});

test('one that ends below what was loaded comes with its page', () => {
  const list = loaded(10, 8);
  assert.equal(withArrived(list, { rows: [row(3)], ...all, hold: false }), list);
  const whole = withArrived(loaded(10, 8, null), { rows: [row(3)], ...all, hold: false });
  assert.deepEqual(seqs(whole.rows), [10, 9, 8, 3]);
});

test('one between two others gets its place', () => {
  const list = withPage(EMPTY_LIST, { rows: [row(10), row(8)], nextCursor: null });
  const next = withArrived(list, { rows: [row(9)], ...all, hold: false });
  assert.deepEqual(seqs(next.rows), [10, 9, 8]);
});

test('what waits is bounded', () => {
  const rows = Array.from({ length: MAX_WAITING + 50 }, (_, i) => row(100 + i));
  const list = withArrived(loaded(10, 8), { rows, ...all, hold: true });
  assert.equal(list.waiting.length, MAX_WAITING);
  assert.equal(list.waiting[0]?.seq, 100 + MAX_WAITING + 49);
});

test('a row is found among a hundred thousand', () => {
  const rows = Array.from({ length: 100_000 }, (_, i) => row(300_000 - 3 * i));
  assert.equal(indexOfSeq(rows, 300_000 - 3 * 777), 777);
  assert.equal(indexOfSeq(rows, 299_999), -1);
  assert.equal(indexOfSeq([], 1), -1);
});
