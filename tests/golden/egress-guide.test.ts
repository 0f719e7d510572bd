/** docs/guides/egress.md: what it tells users to write is taken, and refusals read as it says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseManifest } from '../../src/cli/manifest/manifest-file.ts';
import {
  type EgressPolicy,
  egressPolicyFrom,
  egressRule,
  egressSpec,
} from '../../src/contracts/egress-policy.ts';
import { manifest } from '../../src/contracts/manifest.ts';
import { decide } from '../../src/egress/egress.ts';

const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/egress.md'), 'utf8');
const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(
    ([, text]) => text ?? '',
  );

function policyOf(yaml: string): EgressPolicy {
  const { egress } = manifest.parse(parse(yaml)).spec;
  assert.ok(egress !== undefined);
  return egressPolicyFrom(egress);
}

test('the yaml of the guide is taken', () => {
  const isWhole = (block: string) => /^apiVersion:/m.test(block);
  const [whole, parts] = [
    blocks('yaml').filter(isWhole),
    blocks('yaml').filter((b) => !isWhole(b)),
  ];
  assert.deepEqual([whole.length, parts.length], [2, 1]);
  for (const block of whole) parseManifest('egress.md', block);
  for (const block of parts) {
    const spec = block.replaceAll(/^(?=.)/gm, '  ');
    const head = 'apiVersion: swarm/v1\nkind: Agent\nmetadata:\n  name: desk\nspec:\n  build: .\n';
    parseManifest('egress.md', `${head}${spec}`);
  }
});

test('a refusal reads as the guide says', () => {
  const { error } = JSON.parse(blocks('json')[0] ?? '');
  const decision = decide(policyOf(blocks('yaml')[0] ?? ''), {
    ...{ scheme: 'http', host: error.host, port: 80, method: 'GET', path: '/v1/orders' },
  });
  assert.equal(error.message, `The egress policy refuses it: ${decision.reason}.`);
  assert.equal(error.reason, decision.code);
  assert.equal(error.rule, decision.rule?.text);
});

test('the suggestion of the guide is a policy', () => {
  const shown = /^egress:\n(?: .*\n)+/m.exec(guide)?.[0] ?? '';
  assert.equal(egressSpec.parse(parse(shown).egress).allow.length, 2);
});

test('the guide names every key of a rule', () => {
  for (const key of Object.keys(egressRule.shape)) assert.ok(guide.includes(`\`${key}\``), key);
});
