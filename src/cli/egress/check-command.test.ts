import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowing, callOf } from './check-command.ts';

test('a URL is taken apart as it is written, hostile forms included', () => {
  const cases: Readonly<Record<string, object>> = {
    'https://api.example.com/v1?x=1': { host: 'api.example.com', path: '/v1?x=1' },
    'api.example.com': { host: 'api.example.com', path: '/' },
    'api.example.com?x': { host: 'api.example.com', path: '/?x' },
    'HTTP://API.example.com:8080/a/../b': {
      ...{ scheme: 'http', host: 'API.example.com', port: 8080, path: '/a/../b' },
    },
    'https://user@10.0.0.1:80:443/': { host: 'user@10.0.0.1:80', port: 443, path: '/' },
    'https://[::1]:443/x': { host: '[::1]', port: 443, path: '/x' },
    'https:///x': { host: '', path: '/x' },
  };
  for (const [url, expected] of Object.entries(cases))
    assert.deepEqual(callOf(url, 'GET'), { scheme: 'https', method: 'GET', ...expected }, url);
  assert.deepEqual(callOf('tcp://db.example.com:5432', 'GET'), {
    ...{ scheme: 'tcp', host: 'db.example.com', port: 5432 },
  });
  assert.throws(() => callOf('ftp://example.com', 'GET'), { code: 'usage' });
  assert.throws(() => callOf('https://example.com:99999', 'GET'), { code: 'usage' });
});

test('what would let a call out is told with its port, and without TLS being opened where it has none', () => {
  const told = (url: string, code = 'host_not_allowed') =>
    allowing(callOf(url, 'GET'), { name: 'desk', host: 'a.example', code });
  assert.equal(told('https://a.example/x'), 'swarm egress allow desk a.example');
  assert.equal(told('https://a.example:8443'), 'swarm egress allow desk a.example:8443');
  assert.equal(told('http://a.example'), 'swarm egress allow desk a.example:80');
  const unseen = 'swarm egress allow desk a.example:5432 --no-intercept';
  assert.equal(told('tcp://a.example:5432'), unseen);
  assert.equal(told('tcp://a.example:5432', 'protocol_not_allowed'), unseen);
});
