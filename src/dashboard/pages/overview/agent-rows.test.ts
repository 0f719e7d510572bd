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

test('those that need somebody come first, and one without calls has no figures', () => {
  const agents = [agent('a', 'stopped'), agent('b', 'running'), agent('e', 'failed')];
  const rows = agentRows(agents, undefined, new Set());
  assert.deepEqual(
    rows.map(({ agent: { name } }) => name),
    ['e', 'b', 'a'],
  );
  assert.ok(rows.every(({ activity }) => activity === undefined));
});
