import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminEventText } from './admin-event-text.ts';
import { counted, daysText, isShorter, parseDays, utcOf } from './retention-text.ts';

test('days are read as they are shown, and nothing else is taken for days', () => {
  assert.deepEqual(['', ' 30 ', '0', '36525'].map(parseDays), [null, 30, 0, 36_525]);
  for (const wrong of ['-1', '1.5', '36526', '1e3', 'x', '100000'])
    assert.equal(parseDays(wrong), undefined, wrong);
  assert.deepEqual([null, 0, 1, 1500].map(daysText), [
    'for ever',
    'not at all',
    '1 day',
    '1,500 days',
  ]);
});

test('what is kept shorter than before is said to be erased', () => {
  const kept = (keepPayloadsDays: number | null, keepEventsDays: number | null) => ({
    keepPayloadsDays,
    keepEventsDays,
  });
  assert.equal(isShorter(kept(null, null), undefined), false);
  assert.equal(isShorter(kept(7, null), undefined), true);
  assert.equal(isShorter(kept(7, 30), kept(7, 30)), false);
  assert.equal(isShorter(kept(7, 29), kept(7, 30)), true);
  assert.equal(isShorter(kept(8, null), kept(7, 30)), false);
});

test('a time without a zone is the viewer’s', () => {
  assert.equal(utcOf(''), undefined);
  assert.equal(utcOf('nonsense'), undefined);
  assert.equal(utcOf('2026-01-31T12:00'), new Date(2026, 0, 31, 12).toISOString());
});

test('an event is told by what it was about, whatever its attributes are', () => {
  const told = (attributes: Record<string, unknown>) => adminEventText({ attributes });
  assert.equal(told({ secret: 'API_KEY', after: { version: 2 } }), 'API_KEY');
  assert.equal(told({ before: { name: 'ci', id: 'tok_1' }, after: null }), 'ci');
  assert.equal(told({ after: { name: 'case-1' } }), 'case-1');
  assert.equal(told({ what: 'payloads', entries: 12 }), '12 entries: payloads');
  assert.equal(told({ event: 'evt_1' }), 'evt_1');
  assert.equal(told({ after: ['x'], before: 3 }), '');
  assert.equal(
    told({ after: { name: 'root', client: 'x Firefox/9 Linux', address: '::1' } }),
    'Firefox 9 on Linux at ::1',
  );
  const kept = { agent: null, keepPayloadsDays: 30, keepEventsDays: null };
  assert.equal(told({ before: null, after: kept }), 'all agents: content 30 days, events for ever');
  assert.equal(told({ before: { ...kept, agent: 'echo' }, after: null }), 'echo: unset');
  assert.equal(adminEventText({ agent: 'echo' }), 'echo');
  assert.equal(adminEventText({ error: { code: 'x', message: 'no such token' } }), 'no such token');
});

test('one of something is one, and any other number many', () => {
  const told = [0, 1, 1_200].map((number) => counted(number, 'event'));
  assert.deepEqual(told, ['0 events', '1 event', '1,200 events']);
});
