import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { SwarmError } from '../base/errors.ts';
import { unpackFolder } from './unpack-folder.ts';

async function temporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-unpack-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function unpack(t: TestContext, bytes: Buffer): Promise<string> {
  const folder = await temporary(t);
  const archive = join(folder, 'archive');
  await writeFile(archive, bytes);
  const signal = AbortSignal.timeout(30_000);
  await unpackFolder({ archive, folder: join(folder, 'out') }, { written: 'x', signal });
  return join(folder, 'out');
}

async function sample(t: TestContext): Promise<string> {
  const folder = await temporary(t);
  const long = 'long'.repeat(40);
  await mkdir(join(folder, 'a', long), { recursive: true });
  await writeFile(join(folder, 'a', long, `${long}.txt`), 'long');
  await writeFile(join(folder, 'a/run.sh'), 'x'.repeat(100_000), { mode: 0o755 });
  await writeFile(join(folder, 'größe ☃'), '');
  execFileSync('sh', [
    '-c',
    'cd "$1"; ln -s a/run.sh link; ln a/run.sh hard; mkdir -p .git; echo > .git/x',
    'sh',
    folder,
  ]);
  return folder;
}

for (const format of ['gnu', 'pax', 'ustar'])
  test(`what tar packs as ${format} is unpacked, without .git`, async (t) => {
    const folder = await sample(t);
    if (format === 'ustar') await rm(join(folder, 'a', 'long'.repeat(40)), { recursive: true });
    const bytes = execFileSync('tar', ['-C', folder, `--format=${format}`, '-cf', '-', '.'], {
      maxBuffer: 2 ** 26,
    });
    for (const packed of [bytes, gzipSync(bytes)]) {
      const out = await unpack(t, packed);
      assert.deepEqual((await readdir(out)).sort(), ['a', 'größe ☃', 'hard', 'link']);
      assert.deepEqual(
        (await readdir(join(out, 'a'))).sort(),
        (await readdir(join(folder, 'a'))).sort(),
      );
      assert.equal((await readFile(join(out, 'a/run.sh'), 'utf8')).length, 100_000);
      assert.equal((await lstat(join(out, 'a/run.sh'))).mode & 0o777, 0o755);
      assert.equal((await lstat(join(out, 'hard'))).nlink, 2);
      assert.equal(await readlink(join(out, 'link')), 'a/run.sh');
    }
  });

test('a damaged archive is refused or read, never crashes or writes outside', async (t) => {
  const folder = await sample(t);
  const bytes = execFileSync('tar', ['-C', folder, '-cf', '-', '.'], { maxBuffer: 2 ** 26 });
  await fc.assert(
    fc.asyncProperty(
      fc.nat(2_000),
      fc.nat(255),
      fc.nat(bytes.length),
      async (at, value, length) => {
        const damaged = Buffer.from(bytes.subarray(0, Math.max(length, 1)));
        damaged[at % damaged.length] = value;
        const dir = await mkdtemp(join(tmpdir(), 'swarm-unpack-'));
        try {
          const archive = join(dir, 'archive');
          await writeFile(archive, damaged);
          await unpackFolder(
            { archive, folder: join(dir, 'out') },
            { written: 'x', signal: AbortSignal.timeout(30_000) },
          ).catch((error) => {
            assert.ok(error instanceof SwarmError, error?.stack);
            assert.equal(error.code, 'folder_archive_invalid');
          });
          assert.deepEqual((await readdir(dir)).sort(), ['archive', 'out']);
        } finally {
          await rm(dir, { recursive: true, force: true });
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a link does not lead out by way of another link', async (t) => {
  const folder = await temporary(t);
  const pack = (script: string) => {
    const made = execFileSync('sh', [
      '-ec',
      `mkdir "$1"; cd "$1"; ${script}; tar -cf - *`,
      'sh',
      join(folder, script.length.toString()),
    ]);
    return unpack(t, made);
  };
  const up = 'mkdir -p p/q/r; ln -s ../../.. p/q/r/top';
  const refused = (error: unknown) =>
    error instanceof SwarmError && error.code === 'folder_archive_invalid';
  await assert.rejects(pack(`${up}; ln -s p/q/r/top/.. up`), refused);
  await assert.rejects(pack(`${up}; ln -s p/q/r/top/../../etc up`), refused);
  const out = await pack(`${up}; ln -s p/q/r/top/p down; ln -s ../p p/self`);
  assert.equal(await readlink(join(out, 'down')), 'p/q/r/top/p');
});
