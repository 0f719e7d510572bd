import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { originOf, parseCheckpoint, readPublicKey, readPublished } from './published-files.ts';

test('serves checkpoint and tiles, and nothing else of the folder', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'swarm-published-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const workspace = join(dir, 'default');
  await mkdir(join(workspace, 'tile/0/x001/234.p'), { recursive: true });
  await mkdir(join(workspace, 'tile/0/000'), { recursive: true });
  await writeFile(join(dir, 'key'), 'secret');
  await writeFile(join(dir, 'key.pub'), 'swarm-1+2+3\n');
  await writeFile(join(workspace, 'checkpoint'), 'swarm-1/default\n7\nroot=\n\n— x y\n');
  await writeFile(join(workspace, 'tile/0/x001/234.p/5'), 'hashes');
  const read = async (path: string) => (await readPublished(workspace, path))?.toString();
  assert.equal(await read('tile/0/x001/234.p/5'), 'hashes');
  assert.deepEqual(parseCheckpoint(await read('checkpoint')), { size: 7, root: 'root=' });
  const key = await readPublicKey(dir);
  assert.equal(originOf(key ?? '', 'default'), 'swarm-1/default');
  const none = [
    ...['../key', 'tile/0/../../../key', 'segments', 'index.db', '/etc/passwd', ''],
    ...['tile/0/000', 'tile/0/001', 'tile/0/x001', 'checkpoint/', 'checkpoint\n', 'tile/0/1'],
  ];
  for (const path of none) assert.equal(await read(path), undefined, path);
});

test('what is no checkpoint is none', () => {
  for (const text of [undefined, '', 'one line', 'a\nb\nc\n', 'a\n-1\nc\n', 'a\n5\n\n'])
    assert.equal(parseCheckpoint(text), null);
});
