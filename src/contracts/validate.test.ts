import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventTermsQuery } from './event-query.ts';
import { manifest } from './manifest.ts';
import { source } from './source.ts';
import { formatIssue, validate } from './validate.ts';

const good = {
  apiVersion: 'swarm/v1',
  kind: 'Agent',
  metadata: { name: 'desk' },
  spec: { image: 'desk:1' },
};

function lines(schema: Parameters<typeof validate>[0], value: unknown): string[] {
  const result = validate(schema, value);
  return result.ok ? [] : result.issues.map(formatIssue);
}

test('accepts what is right and fills in defaults', () => {
  const result = validate(manifest, good);
  assert.ok(result.ok);
  assert.equal(result.value.spec.replicas, 1);
});

test('names an unknown key, where it is, and the nearest known one', () => {
  const value = { ...good, spec: { image: 'x', helth: {}, resources: { memry: '1GiB' } } };
  const result = validate(manifest, value);
  assert.ok(!result.ok);
  const helth = result.issues.find((issue) => issue.at === 'spec.helth');
  assert.deepEqual(helth, {
    path: ['spec', 'helth'],
    at: 'spec.helth',
    kind: 'unknown_key',
    message: 'unknown key "helth"; did you mean "health"?',
    nearest: 'health',
  });
  const memry = result.issues.find((issue) => issue.at === 'spec.resources.memry');
  assert.equal(memry?.nearest, 'memory');
});

test('an unknown key like no other is told with all the known ones', () => {
  const value = { ...good, metadata: { name: 'desk', zzzzz: 1 } };
  assert.deepEqual(lines(manifest, value), [
    'metadata.zzzzz: unknown key "zzzzz"; known keys are name, labels',
  ]);
});

test('finds keys inside unions: the mapping form of build, the branch of a source', () => {
  assert.deepEqual(lines(manifest, { ...good, spec: { build: { contxt: '.' } } }), [
    'spec.build.contxt: unknown key "contxt"; did you mean "context"?',
  ]);
  assert.deepEqual(lines(source, { type: 'git', url: 'x', reff: 'main' }), [
    'reff: unknown key "reff"; did you mean "ref"?',
  ]);
});

test('names the word of a list that stands in an address', () => {
  assert.deepEqual(lines(eventTermsQuery, { status: 'ok,eror' }), [
    'status[1]: must be one of open, ok, error, refused, unknown, is "eror"; did you mean "error"?',
  ]);
  assert.deepEqual(lines(eventTermsQuery, { kind: '!!' }), [
    'kind[0]: must be a kind such as gateway.call, or gateway.* for all below it',
  ]);
});

test('says what is missing, of the wrong type, or not among the values', () => {
  assert.deepEqual(lines(manifest, { ...good, metadata: {} }), [
    'metadata.name: is missing; must be text',
  ]);
  assert.deepEqual(lines(manifest, { ...good, spec: { image: 5 } }), [
    'spec.image: must be text, is 5',
  ]);
  assert.deepEqual(lines(manifest, { ...good, kind: 'agent' }), [
    'kind: must be Agent, is "agent"; did you mean "Agent"?',
  ]);
  assert.deepEqual(lines(manifest, { ...good, spec: { image: 'x', restart: 'alway' } }), [
    'spec.restart: must be one of always, on-failure, never, is "alway"; did you mean "always"?',
  ]);
  assert.deepEqual(lines(manifest, []), ['must be a mapping of keys to values, is a list']);
  assert.deepEqual(lines(source, { type: 'gti', url: 'x' }).length, 1);
  assert.deepEqual(lines(manifest, { ...good, spec: { image: 'x', health: { interval: '1x' } } }), [
    'spec.health.interval: must be a duration such as 500ms, 30s, 5m or 1h',
  ]);
});

test('never shows a long text, which may be a secret in the wrong place', () => {
  const secret = 's'.repeat(60);
  const told = lines(manifest, { ...good, kind: secret, spec: { image: 'x', restart: secret } });
  assert.equal(told.length, 2);
  assert.ok(!told.join('\n').includes(secret));
});

test('survives any value', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const result = validate(manifest, value);
      assert.ok(!result.ok && result.issues.length > 0 && result.issues.length <= 20);
    }),
  );
});
