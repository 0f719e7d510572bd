import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CallForm, readForm } from './call-request.ts';

const form = (given: Partial<CallForm>): CallForm => ({
  ...{ method: 'POST', path: '/', headers: '', body: '' },
  ...given,
});

test('a JSON body is sent as such', () => {
  assert.deepEqual(readForm(form({ path: '/x?y=1', headers: 'A: b', body: '{"a": 1}' })), {
    ok: true,
    call: {
      method: 'POST',
      path: '/x?y=1',
      headers: [
        ['A', 'b'],
        ['content-type', 'application/json'],
      ],
      body: '{"a": 1}',
    },
  });
});

test('what is no JSON is told, unless another type is named', () => {
  const wrong = readForm(form({ body: '{"a": ' }));
  assert.ok(!wrong.ok && wrong.faults.body?.startsWith('Not JSON'));
  assert.ok(readForm(form({ body: 'plain', headers: 'Content-Type: text/plain' })).ok);
});

test('a body is left out of calls that have none', () => {
  const read = readForm(form({ method: 'GET', body: 'not json' }));
  assert.ok(read.ok && read.call.body === undefined);
});

test('headers that are malformed, or not the caller’s to set, are told by their line', () => {
  for (const [headers, words] of [
    ['A: b\nnonsense', 'Line 2 is not'],
    ['Cookie: x', 'set by the browser'],
    ['Swarm-Session: x', 'set by the browser'],
    ['A: \u202e', 'no header can carry'],
  ] as const) {
    const read = readForm(form({ headers }));
    assert.ok(!read.ok && read.faults.headers?.includes(words), headers);
  }
});

test('no path leads out of the agent', () => {
  for (const path of ['/../v1/agents', '/a/../../v1', '/%2e%2e/x', '/..\\..\\v1', 'x'])
    assert.ok(!readForm(form({ path })).ok, path);
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('/', '..', '.', '%2e', '\\', 'a', '?', '#', ':')),
      (parts) => {
        const path = `/${parts.join('')}`;
        const read = readForm(form({ path }));
        if (read.ok)
          assert.ok(new URL(`http://x/agents/one${path}`).pathname.startsWith('/agents/one/'));
      },
    ),
  );
});
