import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventResource } from '../../../contracts/event.ts';
import { problems } from './problem-list.ts';

function event(seq: number, given: Partial<EventResource> = {}): EventResource {
  return {
    ...{ seq, id: `evt_${seq}`, time: '2026-11-21T10:00:00Z', recorded: '2026-11-21T10:00:00Z' },
    ...{ workspace: 'default', kind: 'egress.call', status: 'error' },
    actor: { type: 'anonymous', id: 'x', name: 'x', auth: 'none' },
    ...given,
  };
}

test('the order is that of their ends, and each stands once', () => {
  const long = event(1, { completedSeq: 9 });
  const given = { failures: [event(5), long], refusals: [event(7, { status: 'refused' }), long] };
  assert.deepEqual(
    problems(given, 'all').map((one) => one.event.seq),
    [1, 7, 5],
  );
  assert.deepEqual(
    problems(given, 'refused').map((one) => one.event.seq),
    [1, 7],
  );
  assert.deepEqual(
    problems(given, 'failed').map((one) => one.event.seq),
    [1, 5],
  );
});

test('each says why: the error, the reason of a machine, the status of an answer, or a count', () => {
  const of = (given: Partial<EventResource>) => {
    const [one] = problems({ failures: [event(1, given)], refusals: [] }, 'all');
    return [one?.code, one?.reason, one?.rule];
  };
  const error = { code: 'egress_denied', message: 'No rule allows it.' };
  assert.deepEqual(of({ error, attributes: { rule: 'host a.example' } }), [
    ...['egress_denied', 'No rule allows it.', 'host a.example'],
  ]);
  assert.deepEqual(of({ kind: 'machine.failed', attributes: { reason: 'out of memory' } }), [
    ...['error', 'out of memory', undefined],
  ]);
  assert.deepEqual(of({ attributes: { statusCode: 503 } }), ['status 503', undefined, undefined]);
  assert.deepEqual(of({ error, attributes: { count: 412 } }), [
    ...['egress_denied', '412 calls, counted', undefined],
  ]);
});

test('a call is named by what was asked, anything else by its kind', () => {
  const attributes = { method: 'GET', host: 'a.example', path: '/x' };
  const error = { code: 'egress_denied', message: '' };
  const call = event(2, { attributes, error, model: 'gpt-4o' });
  const refused = event(1, { kind: 'budget.deleted', attributes, status: 'refused' });
  const given = { failures: [call], refusals: [refused] };
  assert.deepEqual(
    problems(given, 'all').map(({ what }) => what),
    ['gpt-4o · GET a.example/x', 'budget.deleted'],
  );
});

test('attributes of other types than they should have are left out', () => {
  const odd = event(1, { attributes: { reason: { a: 1 }, rule: 5, statusCode: '5', count: 'x' } });
  const [one] = problems({ failures: [odd], refusals: [] }, 'all');
  assert.deepEqual([one?.code, one?.reason, one?.rule], ['error', undefined, undefined]);
});
