import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventResource } from '../../../contracts/event.ts';
import { callRow, nameOf, tokenSum, whatText } from './call-row.ts';

function event(changes: Partial<EventResource>): EventResource {
  return {
    ...{ seq: 1, id: 'evt_1', kind: 'egress.call', status: 'ok', workspace: 'default' },
    ...{ time: '2026-01-31T12:00:00Z', recorded: '2026-01-31T12:00:00Z' },
    actor: { type: 'agent', id: 'a', name: 'desk', auth: 'internal' },
    ...changes,
  };
}

test('a call says what was asked, what was answered, and why not', () => {
  const attributes = { method: 'POST', host: 'a.example', path: '/x', statusCode: 200 };
  assert.equal(whatText(event({ attributes })), 'POST a.example/x → 200');
  assert.equal(
    whatText(
      event({
        attributes: { method: 'GET', path: '/x' },
        error: { code: 'host_refused', message: 'no' },
      }),
    ),
    'GET /x · host_refused',
  );
});

test('an event of another kind says what it is about, or who did it', () => {
  assert.equal(whatText(event({ attributes: { secret: 'KEY' } })), 'KEY');
  assert.equal(whatText(event({ machine: 'mch_1' })), 'mch_1');
  assert.equal(whatText(event({})), 'by desk');
});

test('attributes are whatever somebody sent', () => {
  const attributes = { method: 5, path: { a: 1 }, host: null, statusCode: 'x', reason: ['y'] };
  assert.equal(whatText(event({ attributes })), 'by desk');
});

test('a tool stands before its model', () => {
  assert.equal(nameOf(event({ tool: 'search', model: 'm' })), 'search');
  assert.equal(nameOf(event({ model: 'm' })), 'm');
});

test('a row is bounded, and tokens are those read and written', () => {
  const row = callRow(
    event({ model: 'm'.repeat(200), attributes: { reason: 'x'.repeat(30_000) } }),
  );
  assert.equal(row.what.length, 200);
  assert.equal(tokenSum({ input: 5, output: 2, cacheRead: 4, reasoning: 1 }), 7);
  assert.equal(tokenSum({ cacheRead: 4 }), undefined);
  assert.equal(tokenSum(undefined), undefined);
});
