import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeFolder } from './files.ts';

describe('makeFolder', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swarm-files-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('makes those above too, with the mode, and is content with one that is there', async () => {
    const path = join(folder, 'a', 'b', 'c');
    await makeFolder(path, { mode: 0o700 });
    await makeFolder(path);
    assert.equal((await stat(path)).mode & 0o777, 0o700);
    const same = join(folder, 'd', 'e');
    await Promise.all([1, 2, 3].map(() => makeFolder(same)));
    assert.ok((await stat(same)).isDirectory());
  });

  it('says what is in the way', async () => {
    await writeFile(join(folder, 'file'), '');
    await assert.rejects(makeFolder(join(folder, 'file')), { code: 'EEXIST' });
    await assert.rejects(makeFolder(join(folder, 'file', 'x')), { code: 'ENOTDIR' });
  });

  it('ends where none can be made', { timeout: 10_000 }, async () => {
    await assert.rejects(makeFolder('/proc/swarm/a/b'), { code: 'ENOENT' });
  });
});
