import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agentConfigFrom } from '../contracts/agent-config.ts';
import { manifest } from '../contracts/manifest.ts';
import type { ImageConfig } from '../images/images.ts';
import { planHealth } from './health-plan.ts';

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
    planHealth(of, { config: configOf(health), port: 9000 }).check;

  it('is a connection unless something else is said', () => {
    assert.deepEqual(check({}), { type: 'tcp', port: 9000 });
    assert.deepEqual(check({ port: 1 }), { type: 'tcp', port: 1 });
  });

  it('of type command needs a command of agent.yaml or of the image', () => {
    assert.throws(() => check({ type: 'command' }), { code: 'health_command_missing' });
    assert.throws(() => check({ type: 'command' }, withCheck(['NONE'])), {
      code: 'health_command_missing',
    });
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

  it('is none where the image says HEALTHCHECK NONE, unless agent.yaml asks for one', () => {
    const disabled = withCheck(['NONE']);
    assert.deepEqual(check({}, disabled), { type: 'none' });
    assert.deepEqual(check({ interval: '1s' }, disabled), { type: 'none' });
    assert.deepEqual(check({ type: 'tcp' }, disabled), { type: 'tcp', port: 9000 });
    assert.deepEqual(check({ port: 1 }, disabled), { type: 'tcp', port: 1 });
    assert.deepEqual(check({ command: ['a'] }, disabled), { type: 'command', argv: ['a'] });
  });
});

describe('the timing of health checks', () => {
  const test = ['CMD', 'true'];
  const timing = (health: object, healthcheck?: ImageConfig['healthcheck']) =>
    planHealth(
      { ...image, ...(healthcheck && { healthcheck }) },
      { config: configOf(health), port: 9000 },
    ).timing;
  const own = {
    intervalMs: 10_000,
    timeoutMs: 5_000,
    gracePeriodMs: 60_000,
    healthyThreshold: 1,
    unhealthyThreshold: 3,
  };
  const docker = { ...own, intervalMs: 30_000, timeoutMs: 30_000, gracePeriodMs: 0 };
  const options = { test, intervalMs: 7_000, timeoutMs: 2_000, startPeriodMs: 3_000, retries: 9 };

  it("is Docker's for a HEALTHCHECK without options, and its options' with them", () => {
    assert.deepEqual(timing({}), own);
    assert.deepEqual(timing({}, { test }), docker);
    assert.deepEqual(timing({ type: 'command' }, options), {
      intervalMs: 7_000,
      timeoutMs: 2_000,
      gracePeriodMs: 3_000,
      healthyThreshold: 1,
      unhealthyThreshold: 9,
    });
  });

  it("is agent.yaml's where it is written, even when it is what is usual", () => {
    const written = timing(
      { interval: '10s', grace_period: '1m', unhealthy_threshold: 3 },
      options,
    );
    assert.deepEqual(written, { ...own, timeoutMs: 2_000 });
    assert.equal(timing({ healthy_threshold: 4 }, { test }).healthyThreshold, 4);
  });

  it('has nothing of a HEALTHCHECK that is not the check', () => {
    for (const health of [{ path: '/' }, { command: ['a'] }, { type: 'tcp' }, { type: 'none' }])
      assert.deepEqual(timing(health, options), own);
    assert.deepEqual(timing({}, { ...options, test: ['NONE'] }), own);
  });

  it('stays within what agent.yaml may say, whatever an image says', () => {
    const wild = { test, intervalMs: 1, timeoutMs: 1e12, startPeriodMs: 1e12, retries: 1e9 };
    assert.deepEqual(timing({}, wild), {
      intervalMs: 500,
      timeoutMs: 300_000,
      gracePeriodMs: 3_600_000,
      healthyThreshold: 1,
      unhealthyThreshold: 100,
    });
  });
});
