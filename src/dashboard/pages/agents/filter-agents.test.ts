import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentResource } from '../../../contracts/resources.ts';
import { filterAgents } from './filter-agents.ts';

function agent(name: string, given: Partial<AgentResource> = {}): AgentResource {
  return {
    ...{ id: name, name, workspace: 'default', state: 'running', revision: 1, deployment: null },
    ...{ replicas: { desired: 1, healthy: 1, items: [] }, labels: {}, url: '' },
    ...{ image: null, createdAt: '', updatedAt: '' },
    ...given,
  };
}
const desk = agent('support-desk', { labels: { team: 'Care' } });
const crew = agent('research-crew', {
  state: 'failed',
  image: { digest: 'sha256:ab', origin: 'ex/crew' },
});
const all = [desk, crew];
const none = new Set<string>();

test('every word stands somewhere in the name, the image or a label', () => {
  assert.deepEqual(filterAgents(all, { text: 'DESK support' }, none), [desk]);
  assert.deepEqual(filterAgents(all, { text: 'team=care' }, none), [desk]);
  assert.deepEqual(filterAgents(all, { text: 'ex/crew' }, none), [crew]);
  assert.deepEqual(filterAgents(all, { text: 'desk crew' }, none), []);
  assert.deepEqual(filterAgents(all, { text: '  ' }, none), all);
});

test('by state, and by being paused, which is beside the state', () => {
  assert.deepEqual(filterAgents(all, { state: 'failed' }, none), [crew]);
  assert.deepEqual(filterAgents(all, { state: 'paused' }, new Set(['support-desk'])), [desk]);
  assert.deepEqual(filterAgents(all, { state: 'no such' }, none), []);
});
