import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agentConfigFrom } from '../contracts/agent-config.ts';
import { manifest } from '../contracts/manifest.ts';
import type { ImageConfig } from '../images/images.ts';
import { healthAfter, healthCheckOf, nextProbeMs, startingHealth } from './health.ts';

const image: ImageConfig = {
  entrypoint: [],
  cmd: ['x'],
  env: [],
  user: '',
  workingDir: '',
  exposedPorts: [],
  stopSignal: '',
};
const configOf = (health: object) =>
  agentConfigFrom(
    manifest.parse({
      apiVersion: 'swarm/v1',
      kind: 'Agent',
      metadata: { name: 'a' },
      spec: { health },
    }),
  );
const withCheck = (test: string[]) => ({ ...image, healthcheck: { test } });

describe('the health check of a revision', () => {
  const check = (health: object, of: ImageConfig = image) =>
    healthCheckOf(of, { config: configOf(health), port: 9000 });

  it('is a connection unless something else is said', () => {
    assert.deepEqual(check({}), { type: 'tcp', port: 9000 });
    assert.deepEqual(check({}, withCheck(['NONE'])), { type: 'tcp', port: 9000 });
    assert.deepEqual(check({ port: 1 }), { type: 'tcp', port: 1 });
  });

  it("is agent.yaml's before the image's", () => {
    const http = { type: 'http', method: 'GET', path: '/ok', port: 9000 };
    assert.deepEqual(check({ path: '/ok' }, withCheck(['CMD', 'true'])), http);
    assert.deepEqual(check({}, withCheck(['CMD', 'curl', 'x'])), {
      type: 'command',
      argv: ['curl', 'x'],
    });
    assert.deepEqual(check({}, withCheck(['CMD-SHELL', 'curl x || exit 1'])), {
      type: 'command',
      argv: ['/bin/sh', '-c', 'curl x || exit 1'],
    });
    assert.deepEqual(check({ type: 'none' }, withCheck(['CMD', 'true'])), { type: 'none' });
    assert.deepEqual(check({ type: 'command', command: ['a'] }), { type: 'command', argv: ['a'] });
    assert.deepEqual(check({ type: 'http' }), { ...http, path: '/' });
  });
});

describe('health', () => {
  const config = configOf({
    grace_period: '10s',
    healthy_threshold: 2,
    unhealthy_threshold: 3,
  }).health;
  const run = (results: string, nowMs: number) => {
    let state = startingHealth(0);
    for (const letter of results) state = healthAfter(state, { ok: letter === '+', config, nowMs });
    return state.phase;
  };

  it('needs its successes in a row', () => {
    assert.equal(run('+', 1), 'starting');
    assert.equal(run('+-+', 1), 'starting');
    assert.equal(run('++', 1), 'healthy');
  });

  it('does not count failures in the grace period', () => {
    assert.equal(run('-----', 9_999), 'starting');
    assert.equal(run('---', 10_000), 'unhealthy');
    assert.equal(run('--+--', 10_000), 'starting');
  });

  it('is lost by failures in a row, for good', () => {
    assert.equal(run('++--+--', 10_000), 'healthy');
    assert.equal(run('++---', 10_000), 'unhealthy');
    assert.equal(run('++---+++', 10_000), 'unhealthy');
  });

  it('is looked for eagerly while it may come, patiently else, and never past the grace', () => {
    const starting = startingHealth(0);
    assert.equal(nextProbeMs(starting, { config, nowMs: 0, mayPass: true }), 100);
    assert.equal(nextProbeMs(starting, { config, nowMs: 0, mayPass: false }), 1_000);
    assert.equal(nextProbeMs(starting, { config, nowMs: 9_900, mayPass: false }), 101);
    const healthy = { ...starting, phase: 'healthy' } as const;
    assert.equal(nextProbeMs(healthy, { config, nowMs: 0, mayPass: true }), config.intervalMs);
  });
});
