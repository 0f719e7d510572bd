import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { SwarmError } from '../../base/errors.ts';
import {
  ensureFirecracker,
  type FirecrackerRelease,
  findFirecracker,
  firecrackerPaths,
} from './release.ts';

const root = mkdtempSync(join(tmpdir(), 'swarm-release-'));
const archivePath = join(root, 'archive.tgz');
let requests = 0;
const server = createServer((request, response) => {
  requests += 1;
  if (request.url !== '/archive.tgz') response.writeHead(404).end();
  else response.end(readFileSync(archivePath));
});
let release: FirecrackerRelease;
let count = 0;
const newCache = () => join(root, `cache-${++count}`);

function writeProgram(path: string, says: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho '${says}'\n`);
  chmodSync(path, 0o755);
}

before(async () => {
  const release_ = join(root, 'release-v9.8.7');
  writeProgram(join(release_, 'firecracker-v9.8.7'), 'Firecracker v9.8.7');
  writeProgram(join(release_, 'jailer-v9.8.7'), 'Jailer v9.8.7');
  writeFileSync(join(release_, 'LICENSE'), 'not unpacked');
  execFileSync('tar', ['-czf', archivePath, '-C', root, 'release-v9.8.7']);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  release = {
    version: '9.8.7',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/archive.tgz`,
    sha256: createHash('sha256').update(readFileSync(archivePath)).digest('hex'),
    firecrackerEntry: 'release-v9.8.7/firecracker-v9.8.7',
    jailerEntry: 'release-v9.8.7/jailer-v9.8.7',
  };
});
after(() => {
  server.close();
  rmSync(root, { recursive: true, force: true });
});

test('a release is downloaded once, and only its two programs are kept', async () => {
  const cacheDir = newCache();
  assert.equal(await findFirecracker({ cacheDir, release }), undefined);
  const before = requests;
  const programs = await ensureFirecracker({ cacheDir, release });
  assert.deepEqual(await ensureFirecracker({ cacheDir, release }), programs);
  assert.equal(requests, before + 1);
  assert.deepEqual(readdirSync(dirname(programs.jailerPath)).sort(), ['firecracker', 'jailer']);
});

test('two at once end with one set of programs', async () => {
  const cacheDir = newCache();
  const place = { cacheDir, release };
  const [one, two] = await Promise.all([ensureFirecracker(place), ensureFirecracker(place)]);
  assert.deepEqual(one, two);
  assert.deepEqual(readdirSync(dirname(one.jailerPath)).sort(), ['firecracker', 'jailer']);
});

test('an archive with another checksum is refused before it is unpacked', async () => {
  const cacheDir = newCache();
  const wrong = { ...release, sha256: '0'.repeat(64) };
  await assert.rejects(ensureFirecracker({ cacheDir, release: wrong }), /has the checksum/);
  assert.ok(!existsSync(join(cacheDir, 'firecracker')));
});

test('without a way to the release, the error names both files to put there', async () => {
  const cacheDir = newCache();
  const { firecrackerPath, jailerPath } = firecrackerPaths({ cacheDir, release });
  for (const url of ['http://127.0.0.1:1/', release.url.replace('archive', 'nothing')])
    await assert.rejects(
      ensureFirecracker({ cacheDir, release: { ...release, url } }),
      (error: unknown) =>
        error instanceof SwarmError &&
        error.code === 'firecracker_download_failed' &&
        error.remedy.includes(firecrackerPath) &&
        error.remedy.includes(jailerPath),
    );
});

test('programs put there by hand are used, of the right version only', async () => {
  const cacheDir = newCache();
  const { firecrackerPath, jailerPath } = firecrackerPaths({ cacheDir, release });
  writeProgram(firecrackerPath, 'Firecracker v9.8.7');
  writeProgram(jailerPath, 'Jailer v9.8.7');
  const before = requests;
  assert.equal((await ensureFirecracker({ cacheDir, release })).jailerPath, jailerPath);
  writeProgram(jailerPath, 'Jailer v9.8.6');
  await assert.rejects(ensureFirecracker({ cacheDir, release }), {
    code: 'firecracker_wrong_version',
  });
  writeFileSync(jailerPath, 'no program at all');
  await assert.rejects(findFirecracker({ cacheDir, release }), {
    code: 'firecracker_wrong_version',
  });
  assert.equal(requests, before, 'what is there is never overwritten');
});
