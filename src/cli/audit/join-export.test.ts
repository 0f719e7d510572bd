import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { packTar } from 'modern-tar';
import { SwarmError } from '../../base/errors.ts';
import { joinExport } from './join-export.ts';

type File = readonly [name: string, contents: string];
const TAIL: readonly File[] = [
  ['checkpoint', 'note'],
  ['tile/0/x001/234.p/56', 'hashes'],
  ['manifest.json', '{"entries": 3}'],
  ['manifest.sig', 'signed'],
];
const WHOLE: readonly File[] = [
  ['events-000001.csv', 'a\nb\n'],
  ['events-000002.csv', 'c\n'],
  ...TAIL,
];

async function tarOf(files: readonly File[]): Promise<Buffer> {
  const entries = files.map(([name, body]) => ({
    header: { name, size: Buffer.byteLength(body), type: 'file' as const },
    body,
  }));
  return Buffer.from(await packTar(entries));
}

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-join-export-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function* inPieces(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

test('parts are joined in their order, all else lies where it says, however the bytes come', async (t) => {
  for (const length of [1, 511, 513, 100_000]) {
    const folder = await folderOf(t);
    let seen = 0;
    const tar = await tarOf(WHOLE);
    const joined = await joinExport(inPieces(tar, length), {
      folder,
      onBytes: (bytes) => {
        seen += bytes;
      },
    });
    assert.deepEqual(joined, { file: 'events.csv', entries: 3 });
    assert.equal(seen, tar.length);
    assert.equal(await readFile(join(folder, 'events.csv'), 'utf8'), 'a\nb\nc\n');
    assert.equal(await readFile(join(folder, 'tile/0/x001/234.p/56'), 'utf8'), 'hashes');
    const files = (await readdir(folder)).sort();
    assert.deepEqual(files, ['checkpoint', 'events.csv', 'manifest.json', 'manifest.sig', 'tile']);
  }
});

test('an export that broke off anywhere is not taken for a whole one', async (t) => {
  const tar = await tarOf(WHOLE);
  // The last two blocks are the archive's end: without them it is whole all the same.
  const end = tar.length - 1024;
  for (let length = 0; length < end - 512; length += 256) {
    const folder = await folderOf(t);
    const cut = inPieces(tar.subarray(0, length), 4096);
    await assert.rejects(
      joinExport(cut, { folder, onBytes: () => undefined }),
      { code: 'export_incomplete' },
      `cut at ${length} of ${end}`,
    );
  }
});

test('a server cannot write anything else, or anywhere else', async (t) => {
  const names = [
    ...['../evil', '/tmp/evil', 'tile/../../evil', 'tile/0/../../../evil', 'events.csv', '.bashrc'],
    ...['tile/0/000.p/../../x', 'events-000001.sh', 'tile/0/000/x', 'checkpoint/x', ''],
  ];
  for (const name of names) {
    const folder = await folderOf(t);
    const tar = await tarOf([[name, 'x'], ...WHOLE]);
    await assert.rejects(
      joinExport(inPieces(tar, 4096), { folder, onBytes: () => undefined }),
      { code: 'export_incomplete' },
      name,
    );
    assert.deepEqual(await readdir(folder), [], name);
  }
  for (const manifest of ['', '[', 'null', '{}', '{"entries": "3"}']) {
    const folder = await folderOf(t);
    const files = WHOLE.map(
      (file): File => (file[0] === 'manifest.json' ? [file[0], manifest] : file),
    );
    const cut = inPieces(await tarOf(files), 4096);
    await assert.rejects(joinExport(cut, { folder, onBytes: () => undefined }), {
      code: 'export_incomplete',
    });
  }
  const folder = await folderOf(t);
  const twice = await tarOf([...WHOLE, ['checkpoint', 'another']]);
  await assert.rejects(joinExport(inPieces(twice, 4096), { folder, onBytes: () => undefined }));
  assert.equal(await readFile(join(folder, 'checkpoint'), 'utf8'), 'note');
});

test('whatever comes, it is an export or an error that can be expected', async (t) => {
  const tar = await tarOf(WHOLE);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(tar.length - 1), fc.nat(255)), { maxLength: 4 }),
      async (changes) => {
        const folder = await folderOf(t);
        const changed = Buffer.from(tar);
        for (const [at, value] of changes) changed[at] = value;
        try {
          await joinExport(inPieces(changed, 1000), { folder, onBytes: () => undefined });
        } catch (error) {
          assert.ok(error instanceof SwarmError, String((error as Error).stack));
        }
      },
    ),
    { numRuns: 150 },
  );
});
