import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, link, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, test } from 'node:test';
import { leadsOut, listFolder } from './list-folder.ts';
import { packFolder } from './pack-folder.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'swarm pack ')); // With a space.
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

async function packed(): Promise<Buffer> {
  const { paths } = await listFolder(root);
  return buffer(packFolder(root, paths));
}

function namesIn(archive: Buffer): string[] {
  const text = execFileSync('tar', ['--list', '--file=-'], { input: archive, encoding: 'utf8' });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

test('without .dockerignore: leaves out history, packages, caches and .env, and says so', async () => {
  await write({
    'main.py': 'x',
    '.env': 'KEY=1',
    '.git/config': 'x',
    'web/node_modules/a/index.js': 'x',
    '__pycache__/main.pyc': 'x',
  });
  const listing = await listFolder(root);
  assert.deepEqual(listing.paths, ['main.py', 'web']);
  assert.deepEqual(listing.leftOut, ['.env']);
});

test('agent.yaml is no part of the image, unless a Dockerfile may want it or .dockerignore does', async () => {
  await write({ 'agent.yaml': 'x', 'main.py': 'x', 'docs/agent.yaml': 'x' });
  const pathsOf = async () => (await listFolder(root, ['Dockerfile'])).paths;
  assert.deepEqual(await pathsOf(), ['docs', 'docs/agent.yaml', 'main.py']);
  await write({ Dockerfile: 'FROM scratch' });
  assert.ok((await pathsOf()).includes('agent.yaml'));
  await rm(join(root, 'Dockerfile'));
  await write({ '.dockerignore': 'docs\n' });
  assert.deepEqual(await pathsOf(), ['.dockerignore', 'main.py']);
  await write({ '.dockerignore': 'docs\n!agent.yaml\n' });
  assert.deepEqual(await pathsOf(), ['.dockerignore', 'agent.yaml', 'main.py']);
});

test('with .dockerignore: its rules only; it and the Dockerfile always go in', async () => {
  await write({
    '.dockerignore': '*\n!src\n',
    'docker/Dockerfile': 'FROM scratch',
    '.env': 'x',
    'src/node_modules/a.js': 'x',
  });
  const listing = await listFolder(root, ['docker/Dockerfile']);
  assert.deepEqual(listing.paths, [
    '.dockerignore',
    'docker/Dockerfile',
    'src',
    'src/node_modules',
    'src/node_modules/a.js',
  ]);
  assert.deepEqual(listing.leftOut, []);
});

test('the same content gives the same bytes, whenever it was written and in whichever folder', async () => {
  await write({ 'b/x.txt': 'x', 'a.txt': 'a', 'dash -- ünïcödé': 'y' });
  const first = await packed();
  await rm(root, { recursive: true });
  await mkdir(root);
  await write({ 'dash -- ünïcödé': 'y', 'a.txt': 'a', 'b/x.txt': 'x' });
  await utimes(join(root, 'a.txt'), 1, 1);
  const second = await packed();
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  assert.equal(digest(second), digest(first));
  assert.equal(namesIn(first).length, 4);
});

test('names that look like options or lists are names', async () => {
  await write({ '--checkpoint=1': 'x', '-T': 'x', 'new\nline': 'x', '@list': 'x' });
  const archive = await packed();
  assert.deepEqual(namesIn(archive), ['--checkpoint=1', '-T', '@list', 'new\\nline']);
});

test('links inside stay links; the executable bit is kept', async () => {
  await write({ 'run.sh': '#!/bin/sh', 'deep/file': 'x' });
  await chmod(join(root, 'run.sh'), 0o755);
  await symlink('../run.sh', join(root, 'deep/link'));
  await link(join(root, 'run.sh'), join(root, 'same'));
  const listed = execFileSync('tar', ['--list', '--verbose', '--file=-'], {
    input: await packed(),
    encoding: 'utf8',
  });
  assert.match(listed, /^l.*deep\/link -> \.\.\/run\.sh$/m);
  assert.match(listed, /^-rwxr-xr-x 0\/0 .*run\.sh$/m);
});

test('links that lead out, and sockets, are refused, all at once', async () => {
  await write({ 'ok.txt': 'x' });
  await symlink('/etc/passwd', join(root, 'absolute'));
  await symlink('../../outside', join(root, 'relative'));
  const server = createServer().listen(join(root, 'socket'));
  try {
    await assert.rejects(listFolder(root), (error: Error) => {
      assert.match(error.message, /^3 files of /);
      assert.match(error.message, /absolute: a link out of the folder, to \/etc\/passwd/);
      assert.match(error.message, /relative: a link out of the folder/);
      assert.match(error.message, /socket: neither/);
      return true;
    });
  } finally {
    server.close();
  }
});

test('which links lead out', () => {
  assert.equal(leadsOut('a/b', '../c'), false);
  assert.equal(leadsOut('a/b', '../../c'), true);
  assert.equal(leadsOut('a', '..'), true);
  assert.equal(leadsOut('a', '..b'), false);
  assert.equal(leadsOut('a', 'b/../../c'), true);
  assert.equal(leadsOut('a', '/b'), true);
});

test('a file that is gone when it is packed is an error that names it', async () => {
  await assert.rejects(buffer(packFolder(root, ['gone.txt'])), {
    code: 'folder_refused',
    message: /gone\.txt/,
  });
});

test('a reader that stops early leaves no tar behind', async () => {
  await write({ 'big.bin': 'x'.repeat(20_000_000) });
  const archive = packFolder(root, ['big.bin']);
  for await (const _chunk of archive) break;
  const still = () =>
    execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).includes(`--directory=${root}`);
  for (let tries = 0; still() && tries < 100; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(still(), false);
});
