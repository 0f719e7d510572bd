import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readIgnoreFile, readProjectFiles } from './project-files.ts';

test('links of a folder are never followed: a repository may make them lead anywhere', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-project-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  // Without an end: whoever reads it fails by time or memory.
  await symlink('/dev/zero', join(folder, '.dockerignore'));
  await symlink('/dev/zero', join(folder, 'package.json'));
  assert.equal(await readIgnoreFile(folder), '');
  assert.equal((await readProjectFiles(folder)).text('package.json'), '');
  await rm(join(folder, '.dockerignore'));
  assert.equal(await readIgnoreFile(folder), '');
  await writeFile(join(folder, '.dockerignore'), 'dist\n');
  assert.equal(await readIgnoreFile(folder), 'dist\n');
});
