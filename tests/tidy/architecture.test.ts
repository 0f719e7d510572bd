/** ARCHITECTURE.md and SPECIFICATION.md say what is there, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exists, files, read } from './tree.ts';

const PATH =
  /`((?:src|guest|tests|bench|docs|launcher|scripts|examples|verifier|\.ci)\/[\w./-]*|swarm)`/g;

test('every path that ARCHITECTURE.md names exists', () => {
  const missing = [...read('ARCHITECTURE.md').matchAll(PATH)]
    .map(([, path]) => path ?? '')
    .filter((path) => !exists(path));
  assert.deepEqual(missing, []);
});

test('ARCHITECTURE.md names every area', () => {
  const text = read('ARCHITECTURE.md');
  const areas = new Set(
    files.filter((path) => path.startsWith('src/')).map((path) => path.split('/')[1]),
  );
  assert.deepEqual(
    [...areas].filter((area) => !text.includes(`src/${area}/`)),
    [],
  );
});

test('the import table of ARCHITECTURE.md is the one that is enforced', async () => {
  const config = read('.dependency-cruiser.cjs');
  const enforced = [...config.matchAll(/^ {2}(\w+): \[([^\]]*)\],$/gm)].map(
    ([, area, sees]) =>
      [area, [...(sees ?? '').matchAll(/'(\w+)'/g)].map(([, name]) => name)] as const,
  );
  assert.ok(enforced.length > 5);
  const rows = new Map<string, string[]>();
  for (const [, area, sees] of read('ARCHITECTURE.md').matchAll(/^\| `?(\w+)`? \| ([\w, ]+) \|/gm))
    rows.set(
      area ?? '',
      (sees ?? '').split(',').map((name) => name.trim()),
    );
  for (const [area, sees] of enforced) assert.deepEqual(rows.get(area ?? ''), sees, String(area));
});

test('every promise of SPECIFICATION.md names an existing test or benchmark, or is pending', () => {
  const promises = [...read('SPECIFICATION.md').matchAll(/^\| ([A-Z]+\d+) \|(.*)\|$/gm)];
  assert.ok(promises.length > 10, 'a specification has promises');
  const wrong: string[] = [];
  for (const [, id, row] of promises) {
    const proof = (row ?? '').split('|').at(-1)?.trim() ?? '';
    const paths = [...proof.matchAll(/\]\(([^)#]+)\)/g)].map(([, path]) => path ?? '');
    if (paths.length === 0 && !proof.startsWith('pending')) wrong.push(`${id}: no proof`);
    for (const path of paths) if (!exists(path)) wrong.push(`${id}: ${path} is missing`);
  }
  assert.deepEqual(wrong, []);
});
