import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentResource } from '../../../contracts/resources.ts';
import { agentRows } from './agent-rows.ts';

function agent(name: string, state: AgentResource['state']): AgentResource {
  return {
    ...{ id: name, name, workspace: 'default', state, revision: 1, image: null, deployment: null },
    ...{ replicas: { desired: 1, healthy: 1, items: [] }, labels: {}, url: '' },
    ...{ createdAt: '', updatedAt: '' },
  };
}

test('those that need somebody come first, those that rest last', () => {
  const agents = [
    agent('a', 'stopped'),
    agent('b', 'running'),
    agent('c', 'degraded'),
    agent('d', 'deploying'),
    agent('e', 'failed'),
  ];
  const rows = agentRows(agents, undefined);
  assert.deepEqual(
    rows.map(({ agent: { name } }) => name),
    ['e', 'c', 'b', 'd', 'a'],
  );
  assert.ok(rows.every(({ activity }) => activity === undefined));
});
