import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HealthTiming, healthAfter, nextProbeMs, startingHealth } from './health.ts';

describe('health', () => {
  const timing: HealthTiming = {
    intervalMs: 1_000,
    timeoutMs: 1_000,
    gracePeriodMs: 10_000,
    healthyThreshold: 2,
    unhealthyThreshold: 3,
  };
  /** One letter a check; the first one at `fromMs`. */
  const run = (
    results: string,
    { fromMs, stepMs = 1_000 }: { fromMs: number; stepMs?: number },
  ) => {
    let state = startingHealth(0);
    for (const [index, letter] of [...results].entries())
      state = healthAfter(state, { ok: letter === '+', timing, nowMs: fromMs + index * stepMs });
    return state.phase;
  };

  it('needs its successes in a row', () => {
    assert.equal(run('+', { fromMs: 1 }), 'starting');
    assert.equal(run('+-+', { fromMs: 1 }), 'starting');
    assert.equal(run('++', { fromMs: 1 }), 'healthy');
  });

  it('does not count failures in the grace period', () => {
    assert.equal(run('-----', { fromMs: 5_999 }), 'starting');
    assert.equal(run('---', { fromMs: 10_000 }), 'unhealthy');
    assert.equal(run('--+--', { fromMs: 10_000 }), 'starting');
  });

  it('counts failures from the first success on, as in Docker', () => {
    assert.equal(run('++--', { fromMs: 1 }), 'healthy');
    assert.equal(run('++---', { fromMs: 1 }), 'unhealthy');
  });

  it('counts at most one failure an interval while it starts, however often it is looked for', () => {
    const eager = { fromMs: 10_000, stepMs: 100 };
    assert.equal(run('-'.repeat(20), eager), 'starting');
    assert.equal(run('-'.repeat(21), eager), 'unhealthy');
  });

  it('is lost by failures in a row, for good', () => {
    assert.equal(run('++--+--', { fromMs: 10_000 }), 'healthy');
    assert.equal(run('++---', { fromMs: 10_000 }), 'unhealthy');
    assert.equal(run('++---+++', { fromMs: 10_000 }), 'unhealthy');
  });

  it('is looked for eagerly while it may come, patiently else, and never past the grace', () => {
    const starting = startingHealth(0);
    const rare = { ...timing, intervalMs: 600_000 };
    const next = (nowMs: number, mayPass: boolean) =>
      nextProbeMs(starting, { timing: rare, nowMs, mayPass });
    assert.equal(next(0, true), 100);
    assert.equal(next(0, false), 1_000);
    assert.equal(next(9_900, false), 101);
    assert.equal(next(10_000, false), 1_000);
    const healthy = { ...starting, phase: 'healthy' } as const;
    assert.equal(nextProbeMs(healthy, { timing: rare, nowMs: 0, mayPass: true }), 600_000);
  });
});
