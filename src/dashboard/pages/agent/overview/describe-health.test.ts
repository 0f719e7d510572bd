import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventResource } from '../../../../contracts/event.ts';
import { describeHealth, HEALTH_KINDS, isHealthKind } from './describe-health.ts';

function event(given: Partial<EventResource>): EventResource {
  return {
    seq: 1,
    id: 'evt_1',
    time: '2026-01-31T12:00:00Z',
    recorded: '2026-01-31T12:00:00Z',
    workspace: 'default',
    actor: { type: 'service', id: 'service:fleet', name: 'fleet', auth: 'internal' },
    kind: 'machine.healthy',
    status: 'ok',
    ...given,
  };
}

test('a machine that failed is told with its reason', () => {
  const line = describeHealth(
    event({ kind: 'machine.failed', status: 'error', replica: 2, attributes: { reason: 'oom' } }),
  );
  assert.deepEqual(line, { tone: 'bad', title: 'Replica 2 failed', detail: 'oom' });
});

test('what the reason says already is not said twice', () => {
  const told = (reason: string) =>
    describeHealth(
      event({
        ...{ kind: 'replica.given_up', status: 'error', attributes: { reason } },
        error: { code: 'agent_exits', message: 'exited with code 1' },
      }),
    ).detail;
  assert.equal(told('exited with code 1'), 'exited with code 1');
  assert.equal(told('given up: exited with code 1'), 'given up: exited with code 1');
  assert.equal(told('too slow'), 'too slow · exited with code 1');
});

test('one replica is one replica', () => {
  const { detail } = describeHealth(
    event({ kind: 'agent.scale', attributes: { after: { replicas: 1 } } }),
  );
  assert.equal(detail, 'to 1 replica');
});

test('what somebody did is told with who did it', () => {
  const actor = { type: 'human', id: 'prn_1', name: 'root', auth: 'token' } as const;
  const line = describeHealth(
    event({ kind: 'agent.scale', actor, attributes: { after: { replicas: 3 } } }),
  );
  assert.deepEqual(line, {
    tone: 'neutral',
    title: 'Agent scaled',
    detail: 'to 3 replicas · by root',
  });
});

test('a deployment is told with how it ended', () => {
  const line = describeHealth(
    event({ kind: 'deployment.ended', revision: 4, attributes: { state: 'failed' } }),
  );
  assert.deepEqual(line, {
    tone: 'bad',
    title: 'Deployment of revision 4 failed',
    detail: undefined,
  });
});

test('a kind that is not known is told by its name, and hostile attributes change nothing', () => {
  const line = describeHealth(
    event({ kind: 'machine.brand_new', attributes: { reason: ['x'], after: null } }),
  );
  assert.deepEqual(line, { tone: 'neutral', title: 'Agent machine.brand_new', detail: undefined });
});

test('events that the query asks for are those that make it old', () => {
  assert.ok(HEALTH_KINDS.split(',').every((kind) => isHealthKind(kind.replace('*', 'x'))));
  assert.ok(!isHealthKind('gateway.call'));
});
