import assert from 'node:assert/strict';
import { test } from 'node:test';
import { egressEnvironment } from './egress-environment.ts';

test('every program is led to the proxy, but to the machine itself', () => {
  const env = egressEnvironment({ hostname: 'web-1' });
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'https_proxy'])
    assert.equal(env[name], 'http://127.0.0.1:61708');
  assert.equal(env.http_proxy, undefined);
  assert.equal(env.NO_PROXY, env.no_proxy);
  assert.deepEqual(env.NO_PROXY?.split(','), [
    ...['localhost', '127.0.0.1', '127.0.0.0/8', '::1', '10.0.2.15', 'web-1'],
  ]);
  assert.equal(env.SSL_CERT_FILE, '/run/swarm/ca-bundle.pem');
  assert.equal(env.NODE_EXTRA_CA_CERTS, '/run/swarm/ca.pem');
  assert.ok(!egressEnvironment().NO_PROXY?.includes('undefined'));
});
