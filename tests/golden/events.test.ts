/** Kinds of events: declared once, emitted somewhere, and all in the reference. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { auditEntry } from '../../src/contracts/event.ts';
import { EVENT_FIELDS, SAME_AS } from './event-fields.ts';
import { assertGolden } from './golden-file.ts';
import { type DeclaredKind, loadEvents } from './load-events.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const kinds = await loadEvents();
const fields = schemaFields(z.toJSONSchema(auditEntry, { unrepresentable: 'any' }));

test('docs/reference/events.md has every kind and every field, and no other', () => {
  assertGolden('docs/reference/events.md', reference());
});

test('the CLI completes every kind', () => {
  const file = 'src/cli/completion/event-kinds.ts';
  const text = readFileSync(join(ROOT, file), 'utf8');
  const list = kinds.map(({ kind }) => `  '${kind}',\n`).join('');
  assertGolden(file, text.replace(/= \[[^\]]*\];/, `= [\n${list}];`));
});

test('every kind is declared in an events.ts, with a sentence', () => {
  assert.ok(kinds.length > 10, 'there are kinds');
  for (const { kind, file, summary, attributes = {} } of kinds) {
    assert.notEqual(file, '', kind);
    assert.match(summary, /^["\p{L}].*\.$/su, kind);
    for (const [name, meaning] of Object.entries(attributes)) assert.notEqual(meaning, '', name);
  }
});

test('every declared kind is emitted somewhere', () => {
  const source = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/\.test\.ts$|(^|\/)events\.ts$/.test(path))
    .filter((path) => path !== 'cli/completion/event-kinds.ts')
    .map((path) => readFileSync(join(ROOT, 'src', path), 'utf8'))
    .join('\n');
  // `machine.${state}`, where the states are named in the source as well.
  const composed = (kind: string) => {
    const dot = kind.lastIndexOf('.') + 1;
    return source.includes(`\`${kind.slice(0, dot)}\${`) && source.includes(`'${kind.slice(dot)}'`);
  };
  const unused = kinds
    .map(({ kind }) => kind)
    .filter((kind) => !source.includes(`'${kind}'`) && !composed(kind));
  assert.deepEqual(unused, []);
});

test('every field of the schema is described, and no other', () => {
  assert.deepEqual(Object.keys(EVENT_FIELDS).sort(), [...fields.keys()].sort());
});

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** Paths of all fields but those that repeat another's, and whether each is always there. */
function schemaFields(schema: unknown, before = '', found = new Map<string, boolean>()) {
  const { properties = {}, required = [] } = schema as JsonSchema;
  for (const [name, one] of Object.entries(properties)) {
    const path = `${before}${name}`;
    if (SAME_AS.some(([repeated]) => path.startsWith(repeated))) continue;
    found.set(path, required.includes(name));
    schemaFields(one, `${path}.`, found);
  }
  return found;
}

function reference(): string {
  const rows = Object.entries(EVENT_FIELDS).map(
    ([path, meaning]) => `| \`${path}\` | ${fields.get(path) === true ? 'yes' : ''} | ${meaning} |`,
  );
  const areas = [...new Set(kinds.map(({ file }) => file))].sort();
  return `# Events

Made from the schema and the declarations in the source: \`UPDATE_GOLDEN=1 node --test tests/golden/events.test.ts\`.

What is in the log, how it is searched and proved: [the guide](../guides/audit.md). How it lies on
disk: [audit-format.md](../audit-format.md). The schema itself: [event.ts](../../src/contracts/event.ts).

An action that had to be known before it happened has two entries with one id: an \`intent\`, and later
its \`completion\`. Lists, \`swarm logs\` and the API show them merged into one event, with the
completion's \`seq\` as \`completedSeq\`.

## Fields of an entry

| Field | Always | Meaning |
| --- | --- | --- |
${rows.join('\n')}

## Kinds

Programs of yours may send events (\`POST /v1/events\`) of kinds that they make up below \`program.\`:
\`program.invoice_sent\`. No sender from outside can use those that Swarm's own areas declare.

${areas.map((file) => areaText(file)).join('\n')}`;
}

function areaText(file: string): string {
  const own = kinds.filter((one) => one.file === file);
  return `### ${file.replace(/^src\//, '').replace(/\/events\.ts$/, '')}

| Kind | What it says | Attributes |
| --- | --- | --- |
${own.map((one) => `| \`${one.kind}\` | ${cell(one.summary)} | ${attributesText(one)} |`).join('\n')}
`;
}

function attributesText({ attributes = {} }: DeclaredKind): string {
  return Object.entries(attributes)
    .map(([name, meaning]) => `\`${name}\`: ${cell(meaning).replace(/\.$/, '')}`)
    .join('; ');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
}
