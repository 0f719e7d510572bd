import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { newSlot } from './record-end.ts';
import {
  BACKOFF_JITTER,
  BACKOFF_MAX_MS,
  backoffMs,
  describeExit,
  FAILURES_FORGIVEN_AFTER_MS,
  judgeEnd,
} from './restart.ts';

const slot = newSlot({ workspaceId: 'default', agentId: 'agt', generation: 1, replica: 0 });
const exitOf = (exitCode: number | null, signal: string | null = null, oomKilled = false) =>
  ({ type: 'exit', exit: { exitCode, signal, oomKilled } }) as const;
const base = {
  machine: { id: 'mch', healthyAtMs: null },
  slot,
  restart: { policy: 'always', retries: 3 },
  cause: exitOf(1),
  nowMs: 1_000_000,
  random: 0.5,
} as const;

describe('the back-off', () => {
  it('answers the first failure at once and doubles up to a minute', () => {
    const waits = [1, 2, 3, 4, 7, 8, 9, 1000].map((failures) => backoffMs(failures, 0.5));
    assert.deepEqual(waits, [0, 1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('stays within its jitter', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 2_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, random) => {
          const wait = backoffMs(failures, random);
          assert.ok(wait >= 1_000 * (1 - BACKOFF_JITTER));
          assert.ok(wait <= BACKOFF_MAX_MS * (1 + BACKOFF_JITTER));
        },
      ),
    );
  });
});

describe('the end of a machine', () => {
  it('restarts it at once, then later and later, then gives up, visibly', () => {
    let now = slot;
    const states: string[] = [];
    for (let i = 0; i < 4; i++) {
      const verdict = judgeEnd({ ...base, slot: now });
      assert.equal(verdict.machineState, 'failed');
      now = verdict.slot;
      states.push(now.state);
    }
    assert.deepEqual(states, ['running', 'waiting', 'waiting', 'given_up']);
    assert.equal(now.failures, 4);
    assert.equal(now.nextStartAtMs, null);
    assert.match(now.reason ?? '', /given up after 4 failures in a row: .*code 1/);
    assert.equal(now.failure?.code, 'agent_exits');
    assert.equal(now.failure?.machineId, 'mch');
  });

  it('is counted from 0 again after long health', () => {
    const healthyAtMs = base.nowMs - FAILURES_FORGIVEN_AFTER_MS;
    const failed = { ...slot, failures: 3 };
    const verdict = judgeEnd({ ...base, slot: failed, machine: { id: 'mch', healthyAtMs } });
    assert.equal(verdict.slot.failures, 1);
    const later = { id: 'mch', healthyAtMs: healthyAtMs + 1 };
    assert.equal(judgeEnd({ ...base, slot: failed, machine: later }).slot.state, 'given_up');
  });

  it('with code 0 completes the slot unless the policy is always', () => {
    for (const policy of ['on-failure', 'never'] as const) {
      const verdict = judgeEnd({ ...base, cause: exitOf(0), restart: { policy, retries: 3 } });
      assert.equal(verdict.machineState, 'stopped');
      assert.equal(verdict.slot.state, 'completed');
    }
    const verdict = judgeEnd({ ...base, cause: exitOf(0) });
    assert.equal(verdict.slot.state, 'running');
    assert.equal(verdict.slot.failures, 1);
  });

  it('under never is final once the process has run', () => {
    const restart = { policy: 'never', retries: 3 } as const;
    assert.equal(judgeEnd({ ...base, restart }).slot.state, 'given_up');
    const failure = { code: 'machine_boot_failed', message: 'no', remedy: '' };
    const notStarted = { type: 'not_started', failure } as const;
    assert.equal(judgeEnd({ ...base, restart, cause: notStarted }).slot.state, 'waiting');
  });

  it("by a loss of the host is not the agent's failure", () => {
    const failure = { code: 'machine_lost', message: 'lost', remedy: '' };
    const cause = { type: 'lost_with_host', failure } as const;
    const verdict = judgeEnd({ ...base, cause, slot: { ...slot, failures: 3 } });
    assert.equal(verdict.slot.state, 'running');
    assert.equal(verdict.slot.failures, 3);
    assert.equal(verdict.slot.restarts, 1);
  });

  it('is told in words', () => {
    assert.match(describeExit({ exitCode: 3, signal: null, oomKilled: false }), /code 3/);
    assert.match(describeExit({ exitCode: null, signal: 'SIGSEGV', oomKilled: false }), /SIGSEGV/);
    assert.match(describeExit({ exitCode: null, signal: 'SIGKILL', oomKilled: true }), /memory/);
  });

  it('of an unhealthy machine leaves it to be drained', () => {
    const failure = { code: 'health_check_failed', message: 'unhealthy: x', remedy: '' };
    const verdict = judgeEnd({ ...base, cause: { type: 'unhealthy', failure } });
    assert.equal(verdict.machineState, 'unhealthy');
    assert.equal(verdict.slot.failures, 1);
  });
});
