import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MachineResource, ReplicaResource } from '../../../../contracts/resources.ts';
import { orderReplicas } from './order-replicas.ts';

function replica(number: number, state: MachineResource['state'] | undefined): ReplicaResource {
  const machine: MachineResource = {
    ...{ id: `mch_${number}`, agent: 'desk', revision: 1, generation: 1, replica: number },
    ...{ state: state ?? 'starting', reason: null, exit: null, usage: null },
    ...{ createdAt: '', startedAt: null, healthyAt: null, endedAt: null },
  };
  return {
    ...{ number, state: 'running', failures: 0, restarts: 0, nextStartAt: null, reason: null },
    machine: state === undefined ? null : machine,
  };
}

test('what does not serve comes first, each by its number', () => {
  const replicas = [
    replica(0, 'healthy'),
    replica(11, undefined),
    replica(1, 'healthy'),
    replica(3, 'unhealthy'),
    replica(2, 'starting'),
  ];
  assert.deepEqual(
    orderReplicas(replicas).map(({ number }) => number),
    [2, 3, 11, 0, 1],
  );
});
