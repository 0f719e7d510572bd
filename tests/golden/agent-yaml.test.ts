/** Every agent.yaml that users would copy is right, for the CLI and for an editor alike. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { manifestText } from '../../src/cli/commands/init.ts';
import { parseManifest } from '../../src/cli/manifest/manifest-file.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SCHEMA = join(ROOT, 'docs/agent.schema.json');
const accepts = new Ajv({ strict: false, logger: false }).compile(
  JSON.parse(readFileSync(SCHEMA, 'utf8')),
);

function check(text: string, name: string): void {
  parseManifest(name, text);
  assert.ok(accepts(parse(text)), `${name}: ${JSON.stringify(accepts.errors)}`);
}

test('the examples, each with the schema in its first line', async () => {
  const paths = await Array.fromAsync(glob('examples/*/agent.yaml', { cwd: ROOT }));
  assert.ok(paths.length > 0);
  for (const path of paths) {
    const text = readFileSync(join(ROOT, path), 'utf8');
    check(text, path);
    const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? '';
    assert.equal(resolve(ROOT, dirname(path), schema), SCHEMA, path);
  }
});

test('what swarm init writes', () => {
  for (const source of [
    '  build: .\n',
    '  image: "desk:1"\n',
    '  git:\n    url: "https://x.y/z"\n',
  ])
    check(manifestText({ name: 'desk', schema: SCHEMA, source }), source);
});

test('the yaml of the guide', () => {
  const guide = readFileSync(join(ROOT, 'docs/guides/agent-yaml.md'), 'utf8');
  const blocks = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text ?? '');
  assert.ok(blocks.length > 0);
  for (const block of blocks) check(block, 'docs/guides/agent-yaml.md');
});

test('the guide names every key of the schema', () => {
  const guide = readFileSync(join(ROOT, 'docs/guides/agent-yaml.md'), 'utf8');
  const { spec } = JSON.parse(readFileSync(SCHEMA, 'utf8')).properties;
  const missing = Object.keys(spec.properties).filter((key) => !guide.includes(`\`${key}`));
  assert.deepEqual(missing, []);
});

test('the schema refuses what the CLI refuses', () => {
  const wrong = {
    apiVersion: 'swarm/v1',
    kind: 'Agent',
    metadata: { name: 'x' },
    spec: { helth: {} },
  };
  assert.equal(accepts(wrong), false);
});
