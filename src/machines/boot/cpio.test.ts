import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mustRun } from '../../base/command.ts';
import { packCpio } from './cpio.ts';

test('cpio unpacks what was packed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-cpio-'));
  t.after(() => rm(folder, { recursive: true }));
  const archive = packCpio([
    { path: 'bin', mode: 0o040755 },
    { path: 'bin/init', mode: 0o100755, content: Buffer.from('hello') },
    { path: 'empty', mode: 0o100600 },
  ]);
  const options = { cwd: folder, input: archive, timeoutMs: 10_000 };
  await mustRun('cpio', ['-id', '--quiet', '--no-absolute-filenames'], options);
  assert.equal(await readFile(join(folder, 'bin/init'), 'utf8'), 'hello');
  assert.equal((await stat(join(folder, 'bin/init'))).mode & 0o777, 0o755);
  assert.equal((await stat(join(folder, 'empty'))).size, 0);
});

test('device nodes carry their numbers, and the same entries give the same bytes', async () => {
  const entries = [{ path: 'console', mode: 0o020600, device: { major: 5, minor: 1 } }];
  assert.deepEqual(packCpio(entries), packCpio(entries));
  const listed = await mustRun('cpio', ['-itv', '--quiet'], {
    input: packCpio(entries),
    timeoutMs: 10_000,
  });
  assert.match(listed.stdout, /^crw-------.* 5, +1 .* console$/m);
});
