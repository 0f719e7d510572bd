/** Help texts, the reference made from the same commands, and the schema that editors use. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { allCommands, describedProgram, referenceMarkdown } from '../../src/cli/reference-text.ts';
import { manifest } from '../../src/contracts/manifest.ts';
import { assertGolden } from './golden-file.ts';

const FOLDER = 'tests/golden/cli-help';

test('the help of every command is the kept one', async () => {
  const program = await describedProgram();
  const names = allCommands(program).map(({ path, command }) => {
    const name = `${path.replaceAll(' ', '-')}.txt`;
    assertGolden(join(FOLDER, name), command.helpInformation());
    return name;
  });
  assert.deepEqual(readdirSync(join(import.meta.dirname, 'cli-help')).sort(), names.sort());
});

test('docs/reference/cli.md is made from the commands', async () => {
  assertGolden('docs/reference/cli.md', referenceMarkdown(await describedProgram()));
});

test('docs/agent.schema.json is made from the manifest', () => {
  const schema = {
    ...z.toJSONSchema(manifest, { io: 'input', target: 'draft-7' }),
    title: 'agent.yaml',
    description: 'An agent of Swarm: where its image comes from, and how it runs.',
  };
  assertGolden('docs/agent.schema.json', `${JSON.stringify(schema, null, 2)}\n`);
});
