import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventResource } from '../../../../contracts/event.ts';
import { formOfCall, textField } from './form-of-call.ts';

const call = (given: Partial<EventResource>): EventResource => ({
  ...{ seq: 1, id: 'evt_1', time: '', recorded: '', workspace: 'default', status: 'ok' },
  actor: { type: 'human', id: 'prn_1', name: 'root', auth: 'token' },
  kind: 'gateway.call',
  attributes: { method: 'POST', path: '/x' },
  ...given,
});

test('a call is filled in as it was made', () => {
  const content = { request: { encoding: 'utf8' as const, body: '{"ticket":"late"}' } };
  assert.deepEqual(formOfCall(call({ content })), {
    ...{ method: 'POST', path: '/x', headers: '', body: '{\n  "ticket": "late"\n}' },
  });
});

test('what the log did not keep is left empty, and what is no call is none', () => {
  assert.equal(formOfCall(call({ content: null }))?.body, '');
  assert.equal(formOfCall(call({ attributes: { method: 'BREW', path: '/' } })), undefined);
  assert.equal(formOfCall(call({ attributes: { method: 'GET', path: 7 } })), undefined);
});

test('the only text of a body is what a chat fills', () => {
  assert.equal(textField('{"ticket":"x","n":1}'), 'ticket');
  assert.equal(textField('{"a":"x","b":"y"}'), undefined);
  assert.equal(textField('[1]'), undefined);
  assert.equal(textField('plain'), undefined);
});
