import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchAgent } from './match-agent.ts';

const byPath: [target: string, agentName: string, path: string][] = [
  ['/agents/desk', 'desk', '/'],
  ['/agents/desk/', 'desk', '/'],
  ['/agents/desk?q=1', 'desk', '/?q=1'],
  ['/agents/desk/a/b?q=/c', 'desk', '/a/b?q=/c'],
  ['/agents/desk//a', 'desk', '//a'],
  ['/agents/desk/../other', 'desk', '/../other'],
  ['/agents/desk/%2e%2e/x', 'desk', '/%2e%2e/x'],
  ['http://any.host:80/agents/desk/a', 'desk', '/a'],
];
for (const [target, agentName, path] of byPath)
  test(`by path: ${target}`, () => {
    const prefix = '/agents/desk';
    assert.deepEqual(matchAgent(target, '127.0.0.1:7700'), { agentName, path, prefix });
  });

test('by host name, the path stays whole', () => {
  for (const host of [
    'desk.agents.localhost',
    'Desk.Agents.localhost:7700',
    'desk.agents.localhost.',
  ])
    assert.deepEqual(matchAgent('/agents/other/x?y', host), {
      agentName: 'desk',
      path: '/agents/other/x?y',
      prefix: '',
    });
});

test('what is for the API is not taken', () => {
  const others = [
    '/',
    '/v1/agents/desk',
    '/agents',
    '/agents/',
    '/agents/?x',
    '/agentsx/desk',
    '*',
  ];
  for (const target of others) assert.equal(matchAgent(target, 'localhost'), undefined, target);
  assert.equal(matchAgent(`/agents/${'x'.repeat(64)}`, 'localhost'), undefined);
  assert.equal(matchAgent('/', 'a.b.agents.localhost'), undefined);
  assert.equal(matchAgent('/', 'desk.agents.localhost.evil.example'), undefined);
});
