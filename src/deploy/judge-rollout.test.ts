import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RolloutSlot } from '../fleet/fleet.ts';
import { judgeRollout } from './judge-rollout.ts';

const slot = {
  workspaceId: 'default',
  agentId: 'agt',
  generation: 1,
  replica: 0,
  state: 'running',
  failures: 0,
  restarts: 0,
  nextStartAtMs: null,
  reason: null,
  failure: null,
} as const;
const failure = { code: 'agent_exits', message: 'it exited', remedy: 'mend it', machineId: 'mch' };
const machine = {
  id: 'mch',
  workspaceId: 'default',
  agentId: 'agt',
  revision: 1,
  generation: 1,
  replica: 0,
  state: 'healthy',
  reason: null,
  onHost: true,
  exit: null,
  createdAtMs: 1,
  startedAtMs: 1,
  healthyAtMs: 1,
  endedAtMs: null,
} as const;
const place = (change: Partial<RolloutSlot>): RolloutSlot => ({
  replica: 0,
  slot,
  machine: undefined,
  lastProbe: undefined,
  ...change,
});
const judge = (...slots: RolloutSlot[]) => judgeRollout({ slots, others: 0 });

describe('a rollout', () => {
  it('is healthy when every replica is, or has completed, or none is wanted', () => {
    assert.equal(judge().type, 'healthy');
    const completed = place({ slot: { ...slot, state: 'completed' } });
    assert.equal(judge(place({ machine }), completed).type, 'healthy');
  });

  it('waits, and says for what', () => {
    const starting = place({
      replica: 1,
      machine: { ...machine, state: 'starting' },
      lastProbe: { ok: false, detail: 'GET / answered 503' },
    });
    assert.deepEqual(judge(place({ machine }), starting), {
      type: 'waiting',
      healthy: 1,
      detail: 'replica 1: GET / answered 503',
    });
  });

  it('forgives one exit, and fails at the second', () => {
    const once = { ...slot, failures: 1, failure };
    assert.equal(judge(place({ slot: once })).type, 'waiting');
    const judgement = judge(place({ slot: { ...once, failures: 2 } }));
    assert.equal(judgement.type, 'failed');
    assert.ok(judgement.type === 'failed');
    assert.equal(judgement.message, 'Replica 0: it exited, 2 times in a row.');
    assert.equal(judgement.machineId, 'mch');
  });

  it('fails at once when it was given up, or cannot get better', () => {
    const givenUp = { ...slot, state: 'given_up', failures: 1, failure } as const;
    assert.equal(judge(place({ slot: givenUp })).type, 'failed');
    const hopeless = { ...failure, code: 'process_start_failed' };
    assert.equal(
      judge(place({ slot: { ...slot, failures: 1, failure: hopeless } })).type,
      'failed',
    );
  });

  it('is not failed by what the host took away', () => {
    const lost = { ...slot, restarts: 1, failure: { ...failure, code: 'machine_lost' } };
    assert.equal(judge(place({ slot: lost })).type, 'waiting');
  });
});
