import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, isSecret, NEW_USE, nameFault, words } from './secret-use.ts';

test('hosts and headers are read however they are separated', () => {
  assert.deepEqual(words(' api.Example.com,  *.example.org\nb.example\tb.example '), [
    'api.example.com',
    '*.example.org',
    'b.example',
  ]);
  assert.deepEqual(words(''), []);
});

test('a form becomes what the API takes', () => {
  assert.deepEqual(bodyOf({ ...NEW_USE, hosts: 'api.example.com' }), {
    mode: 'placeholder',
    hosts: ['api.example.com'],
    headers: ['authorization', 'x-api-key', 'api-key'],
    allowHttp: false,
  });
  assert.deepEqual(bodyOf({ ...NEW_USE, mode: 'inject', headers: '' }), { mode: 'inject' });
});

test('a name says what is wrong with it', () => {
  for (const right of ['', 'A', 'API_KEY', 'K9', 'A'.repeat(64)])
    assert.equal(nameFault(right), undefined, right);
  for (const wrong of ['api_key', '9A', '_A', 'A-B', 'A'.repeat(65)])
    assert.match(nameFault(wrong) ?? '', /Capital letters/, wrong);
  assert.match(nameFault('SECRET_API_KEY') ?? '', /\$\{SECRET_API_KEY\}/);
});

test('an agent’s secret is another one than the workspace’s of the same name', () => {
  const of = (agent: string | null) => ({ name: 'K', agent });
  assert.equal(isSecret(of(null), { name: 'K', agent: undefined }), true);
  assert.equal(isSecret(of('echo'), { name: 'K', agent: undefined }), false);
  assert.equal(isSecret(of('echo'), { name: 'K', agent: 'echo' }), true);
  assert.equal(isSecret(of(null), { name: undefined, agent: undefined }), false);
});
