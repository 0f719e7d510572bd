import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentResource, ReplicaResource } from '../../../contracts/resources.ts';
import { byNeed, failuresInRow } from './agent-order.ts';

function agent(name: string, state: AgentResource['state'], failures = 0) {
  const replica: ReplicaResource = {
    ...{ number: 0, state: 'running', failures, restarts: failures },
    ...{ nextStartAt: null, reason: null, machine: null },
  };
  return { name, state, replicas: { desired: 1, healthy: 1, items: [replica] } };
}

function ordered(agents: readonly ReturnType<typeof agent>[], paused: readonly string[] = []) {
  return agents.toSorted(byNeed(new Set(paused))).map(({ name }) => name);
}

test('failed, degraded, paused, all others, stopped; by name among themselves', () => {
  const agents = [
    agent('a', 'stopped'),
    agent('c', 'running'),
    agent('b', 'running'),
    agent('d', 'deploying'),
    agent('e', 'running'),
    agent('f', 'degraded'),
    agent('g', 'failed'),
  ];
  assert.deepEqual(ordered(agents, ['e']), ['g', 'f', 'e', 'b', 'c', 'd', 'a']);
});

test('one that fails again and again keeps its place between two starts', () => {
  const place = (state: AgentResource['state']) =>
    ordered([agent('a', 'running'), agent('m', state, 3), agent('z', 'degraded')]).indexOf('m');
  assert.deepEqual([place('starting'), place('running'), place('degraded')], [0, 0, 0]);
});

test('what is paused and fails is told by its failures, what is paused and stopped by the pause', () => {
  const agents = [agent('a', 'running'), agent('b', 'stopped'), agent('c', 'failed')];
  assert.deepEqual(ordered(agents, ['b', 'c']), ['c', 'b', 'a']);
});

test('failures are those of the replica that has most of them', () => {
  const items = [0, 4, 1].flatMap((failures) => agent('a', 'running', failures).replicas.items);
  assert.deepEqual([failuresInRow({ items }), failuresInRow({ items: [] })], [4, 0]);
});
