/** `swarm egress` against the real API: shown, changed live, tried, suggested, completed. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { egressSpec } from '../../src/contracts/egress-policy.ts';
import type { EgressResource } from '../../src/contracts/egress-requests.ts';
import { type ApiStage, openApiStage } from './api-stage.ts';
import { runCli } from './cli-process.ts';

let stage: ApiStage;

before(async () => {
  stage = await openApiStage();
  await stage.deploy('desk', { egress: { allow: ['api.example.com'] } });
});
after(() => stage?.close());

function swarm(...args: string[]) {
  const { url, token, home } = stage;
  return runCli(args, {
    env: { SWARM_HOME: home, SWARM_URL: url, SWARM_TOKEN: token, TZ: 'UTC' },
  });
}
const cli = (...args: string[]) => swarm('egress', ...args);
async function ok(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await cli(...args);
  assert.equal(exitCode, 0, `swarm egress ${args.join(' ')}\n${stdout}${stderr}`);
  return `${stdout}${stderr}`;
}
const policy = async () =>
  JSON.parse(await ok('show', 'desk', '--output', 'json')) as EgressResource;

test('a rule is allowed, shown, tried and removed', async () => {
  const said = await ok('allow', 'desk', 'tools.example.com', '--method', 'get', '--path', '/v1');
  const undo = /swarm egress (remove desk egr_\w+)/.exec(said)?.[1] ?? '';
  assert.match(said, /desk may reach tools\.example\.com:443 GET \/v1/);
  assert.match(await ok('show', 'desk'), /1 +tools\.example\.com:443 GET \/v1 +egr_\w+ .*root/);
  const refused = await cli('check', 'desk', 'https://tools.example.com/v2');
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stdout, /is refused: .*\n *rule 1: tools\.example\.com/);
  assert.equal((await policy()).rules.length, 2);
  await ok(...undo.split(' '));
  assert.equal((await policy()).rules.length, 1);
  assert.equal((await cli(...undo.split(' '))).exitCode, 3);
});

test('options become a rule, and what cannot be one is refused with what to write', async () => {
  await ok(
    ...['allow', 'desk', 'db.example.com', '--port', '5432', '--port', '6432'],
    ...['--range', '10.1.0.0/16', '--no-intercept'],
  );
  const { rules } = await policy();
  assert.deepEqual(rules.at(-1)?.rule, {
    ...{ host: 'db.example.com', ports: [5432, 6432], ranges: ['10.1.0.0/16'], intercept: false },
  });
  await ok('remove', 'desk', rules.at(-1)?.text ?? '');
  for (const [host, says] of [
    ['https://api.example.com', /has a scheme/],
    ['10.0.0.1:80', /is an address/],
    ['api.example.com:0', /no such port/],
    ['*.com', /too broad/],
  ] as const) {
    const { exitCode, stderr } = await cli('allow', 'desk', host);
    assert.notEqual(exitCode, 0, host);
    assert.match(stderr, says);
  }
  const own = await cli('remove', 'desk', 'api.example.com:443');
  assert.match(own.stderr, /agent\.yaml/);
  assert.equal((await cli('show', 'nobody')).exitCode, 3);
});

test('a call that would go out ends with 0, and says where to', async () => {
  await ok('allow', 'desk', 'localhost:8443', '--range', '127.0.0.0/8');
  const said = await ok('check', 'desk', 'https://localhost:8443/x', '--method', 'POST');
  assert.match(said, /goes out: allowed by rule 1 .*\n.*\nTLS is opened\ngoes to .*127\.0\.0\.1/);
  const json = await cli('check', 'desk', '127.0.0.1', '--output', 'json');
  assert.deepEqual([json.exitCode, JSON.parse(json.stdout).code], [1, 'host_invalid']);
});

test('the mode is set and given back as the answer says', async () => {
  const said = await ok('mode', 'desk', 'audit');
  assert.match(said, /mode audit/);
  assert.match(await ok('show', 'desk'), /Mode audit, set live by root/);
  await ok(...(/swarm egress (mode desk \w+)/.exec(said)?.[1] ?? '').split(' '));
  assert.deepEqual((await policy()).liveMode, null);
  assert.equal((await cli('mode', 'desk', 'off')).exitCode, 2);
});

test('a suggestion is YAML that agent.yaml takes', async () => {
  assert.match(await ok('suggest', 'desk'), /No calls of desk/);
  const found = JSON.parse(await ok('suggest', 'desk', '--output', 'json'));
  assert.deepEqual(egressSpec.parse(parse(found.yaml).egress), { mode: 'enforce', allow: [] });
});

test('subcommands, agents, modes and live rules are completed', async () => {
  const { id } = await stage.client.addEgressRule('desk', 'completed.example.com');
  const words = async (...line: string[]) =>
    (await swarm('completion', 'words', '--', 'egress', ...line)).stdout.trim().split('\n');
  assert.deepEqual(await words(''), ['allow', 'check', 'mode', 'remove', 'show', 'suggest']);
  assert.deepEqual(await words('show', 'de'), ['desk']);
  assert.deepEqual(await words('mode', 'desk', ''), ['audit', 'enforce', 'revision']);
  assert.ok((await words('remove', 'desk', 'egr_')).includes(id));
});
