import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentResource } from '../../../contracts/resources.ts';
import { filterAgents, orderAgents } from './filter-agents.ts';

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

test('the order is by need, by name, or by the newest change', () => {
  const last = agent('zulu', { updatedAt: '2026-01-31T12:00:00.5Z' });
  const before = { ...desk, updatedAt: '2026-01-31T12:00:00Z' };
  const first = { ...crew, updatedAt: '2026-01-30T12:00:00Z' };
  const agents = [before, last, first];
  const ordered = (order?: string) => orderAgents(agents, order, none).map(({ name }) => name);
  assert.deepEqual(ordered(), ['research-crew', 'support-desk', 'zulu']);
  assert.deepEqual(ordered('no such'), ordered());
  assert.deepEqual(orderAgents([last, desk], 'name', none), [desk, last]);
  assert.deepEqual(ordered('updated'), ['zulu', 'support-desk', 'research-crew']);
});
