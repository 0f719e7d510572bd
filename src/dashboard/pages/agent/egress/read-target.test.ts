import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTarget } from './read-target.ts';

test('addresses are read as people type them', () => {
  assert.deepEqual(readTarget('https://api.example.com/v1?q=1#x'), {
    ...{ scheme: 'https', host: 'api.example.com', path: '/v1?q=1' },
  });
  assert.deepEqual(readTarget(' http://x:8080 '), {
    ...{ scheme: 'http', host: 'x', port: 8080, path: '/' },
  });
  assert.deepEqual(readTarget('api.example.com/a'), {
    ...{ scheme: 'https', host: 'api.example.com', path: '/a' },
  });
});

test('a host that is none goes to the policy as it was written', () => {
  assert.equal(readTarget('https://user@10.0.0.1/').host, 'user@10.0.0.1');
  assert.equal(readTarget('x:99999').host, 'x');
  assert.equal(readTarget('').host, '');
});
