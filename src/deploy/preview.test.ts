import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agentConfigFrom } from '../contracts/agent-config.ts';
import { type ManifestInput, manifest } from '../contracts/manifest.ts';
import type { Source } from '../contracts/source.ts';
import { contentHash } from './content-hash.ts';
import { durationText } from './manifest-words.ts';
import { type DeployedState, diffDeployed } from './preview.ts';

function stateOf(spec: ManifestInput['spec'], source: Source): DeployedState {
  const parsed = manifest.parse({
    apiVersion: 'swarm/v1',
    kind: 'Agent',
    metadata: { name: 'a' },
    spec,
  });
  return { replicas: parsed.spec.replicas, config: agentConfigFrom(parsed), source };
}
const image = (reference: string): Source => ({ type: 'image', reference });
const folder = (digit: number): Source => ({
  type: 'folder',
  uploadId: `upl_${String(digit).repeat(20)}`,
  name: './agent',
});

describe('the difference of two deployments', () => {
  it('is told in the words of agent.yaml, with what each change takes', () => {
    const before = stateOf(
      { env: { A: '1', B: '2' }, resources: { memory: '1GiB' } },
      image('x:1'),
    );
    const after = stateOf(
      { env: { A: '1', C: '3' }, replicas: 3, health: { interval: '90s' } },
      image('x:2'),
    );
    assert.deepEqual(diffDeployed(before, after), [
      { path: 'spec.env.B', before: '2', after: null, effect: 'machines' },
      { path: 'spec.env.C', before: null, after: '3', effect: 'machines' },
      { path: 'spec.health.interval', before: null, after: '90s', effect: 'machines' },
      { path: 'spec.image', before: 'x:1', after: 'x:2', effect: 'machines' },
      { path: 'spec.replicas', before: 1, after: 3, effect: 'live' },
      { path: 'spec.resources.memory', before: '1024MiB', after: '512MiB', effect: 'machines' },
    ]);
  });

  it('is none when nothing changed, though a folder was uploaded anew', () => {
    assert.deepEqual(diffDeployed(stateOf({}, folder(1)), stateOf({}, folder(2))), []);
  });

  it('of what the log keeps takes new machines, as a new revision does', () => {
    const audit = { max_bytes: 131_072, redact: { paths: ['$..password'] } };
    const [before, after] = [stateOf({}, image('x')), stateOf({ audit }, image('x'))];
    assert.deepEqual(diffDeployed(before, after), [
      { path: 'spec.audit.max_bytes', before: '64KiB', after: '128KiB', effect: 'machines' },
      { path: 'spec.audit.redact.paths', before: [], after: ['$..password'], effect: 'machines' },
    ]);
    const hash = (state: DeployedState) => contentHash({ digest: 'd', config: state.config });
    assert.notEqual(hash(before), hash(after));
    // What is the default anyway leaves a revision from before the key as it was.
    const written = stateOf({ audit: { payloads: 'redacted', max_bytes: '64KiB' } }, image('x'));
    assert.equal(hash(before), hash(written));
    assert.equal('audit' in before.config, false);
  });

  it('of what may be reached is shown, and nothing where the key was never there', () => {
    const egress = { allow: ['api.example.com'], rate: { calls_per_minute: 9 } };
    const [before, after] = [stateOf({}, image('x')), stateOf({ egress }, image('x'))];
    const rule = { host: 'api.example.com', ports: [443], intercept: true };
    assert.deepEqual(diffDeployed(before, after), [
      { path: 'spec.egress.allow', before: null, after: [rule], effect: 'machines' },
      { path: 'spec.egress.mode', before: null, after: 'enforce', effect: 'machines' },
      {
        path: 'spec.egress.rate.calls_per_minute',
        ...{ before: null, after: 9, effect: 'machines' },
      },
    ]);
    assert.equal('egress' in before.config, false);
  });

  it('to a folder takes a build', () => {
    const changes = diffDeployed(stateOf({}, image('x')), stateOf({}, folder(1)));
    assert.deepEqual(changes, [
      { path: 'spec.build', before: 'x', after: './agent', effect: 'build' },
    ]);
  });
});

it('durations are told in their longest unit', () => {
  assert.deepEqual([0, 1, 1_500, 90_000, 300_000, 3_600_000].map(durationText), [
    '0s',
    '1ms',
    '1500ms',
    '90s',
    '5m',
    '1h',
  ]);
});

it('the hash of a revision knows content, not the order of keys', () => {
  const { config } = stateOf({ env: { A: '1', B: '2' } }, image('x'));
  const { config: turned } = stateOf({ env: { B: '2', A: '1' } }, image('x'));
  const { config: other } = stateOf({ env: { A: '1', B: '3' } }, image('x'));
  const hash = contentHash({ digest: 'd', config });
  assert.equal(contentHash({ digest: 'd', config: turned }), hash);
  assert.notEqual(contentHash({ digest: 'd', config: other }), hash);
  assert.notEqual(contentHash({ digest: 'e', config }), hash);
});
