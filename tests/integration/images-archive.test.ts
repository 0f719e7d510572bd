import assert from 'node:assert/strict';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  assertNothingLeft,
  execute,
  failsWith,
  inStorage,
  missing,
  openForTest,
  openRootfs,
  recorder,
  temporaryFolder,
  tinyRoot,
  uploadBytes,
  writeFiles,
} from './images-fixture.ts';

const skip = missing;

/** An image in two layers, the upper one of which removes and replaces files of the lower one. */
async function buildSaved(folder: string, dockerfile: string): Promise<string> {
  await tinyRoot(join(folder, 'root'));
  await writeFiles(folder, { Dockerfile: dockerfile, 'capable.sh': 'true' });
  const name = `localhost/swarm-test/saved:${process.pid}`;
  await inStorage(
    `buildah build --isolation chroot --layers=false --format docker -q -t "$2" "$1" >/dev/null
     cd "$1" && rm -f save.tar && buildah push -q "$2" "docker-archive:save.tar:$2"
     mkdir layout && buildah push -q --format oci "$2" oci:layout:one
     tar -C layout -cf layout.tar . && buildah rmi "$2" >/dev/null`,
    [folder, name],
  );
  return folder;
}

const DOCKERFILE = `FROM scratch
COPY root /
RUN mkdir -p /data/old && echo 1 > /data/old/file && echo 1 > /data/removed && echo a > /owned \\
 && chown 77:78 /owned && chmod 2755 /owned && ln /owned /linked
HEALTHCHECK --interval=9s CMD cat /owned
CMD ["sh"]
`;

test('docker save archives and OCI layouts become the same files', { skip }, async (t) => {
  const opened = await openForTest(t);
  const { images } = opened;
  const folder = await buildSaved(await temporaryFolder(t), DOCKERFILE);
  const saved = await uploadBytes(images, await readFile(join(folder, 'save.tar')));
  const image = await images.resolve(
    { type: 'archive', uploadId: saved, name: 'agent.tar' },
    recorder().options,
  );
  assert.deepEqual(image.config.healthcheck, {
    test: ['CMD-SHELL', 'cat /owned'],
    intervalMs: 9_000,
  });
  assert.deepEqual(image.config.cmd, ['sh']);
  assert.deepEqual(image.config.entrypoint, []);
  const root = await openRootfs(t, image.rootfsPath);
  const owned = await lstat(join(root, 'owned'));
  assert.deepEqual([owned.uid, owned.gid, owned.mode & 0o7777, owned.nlink], [77, 78, 0o2755, 2]);

  const layout = await uploadBytes(images, await readFile(join(folder, 'layout.tar')));
  const { options, steps } = recorder();
  const second = await images.resolve({ type: 'oci-layout', uploadId: layout }, options);
  assert.deepEqual(second.config.cmd, ['sh']);
  const secondRoot = await openRootfs(t, second.rootfsPath);
  const list = (of: string) => execute('find', [of, '-printf', '%P %m %U %G %s %l\n']);
  assert.equal((await list(secondRoot)).stdout, (await list(root)).stdout);

  const again = recorder();
  const archive = { type: 'archive', uploadId: layout } as const;
  assert.equal((await images.resolve(archive, again.options)).digest, second.digest);
  assert.ok(
    steps.includes('rootfs') && !again.steps.includes('rootfs'),
    'the rootfs is found again',
  );
  await assertNothingLeft(opened);
});

test('whiteouts, capabilities and an emptied folder', { skip }, async (t) => {
  const { images } = await openForTest(t);
  const folder = await temporaryFolder(t);
  await tinyRoot(join(folder, 'root'));
  await writeFiles(folder, {
    Dockerfile: `FROM scratch
COPY root /
RUN mkdir -p /data/old && echo 1 > /data/old/file && echo 1 > /data/removed
RUN rm /data/removed && rm -rf /data/old && mkdir /data/old && echo 2 > /data/old/new
`,
  });
  const name = `localhost/swarm-test/layers:${process.pid}`;
  await inStorage(
    `cd "$1"; buildah build --isolation chroot --layers --format docker -q -t "$2" . >/dev/null
     c=$(buildah from "$2"); m=$(buildah mount "$c"); setcap cap_net_bind_service=ep "$m/bin/cat"
     buildah commit -q --format docker "$c" "$2" >/dev/null; buildah rm "$c" >/dev/null
     buildah push -q "$2" "docker-archive:save.tar:$2"; buildah rmi "$2" >/dev/null`,
    [folder, name],
  );
  const uploadId = await uploadBytes(images, await readFile(join(folder, 'save.tar')));
  const image = await images.resolve({ type: 'archive', uploadId }, recorder().options);
  const root = await openRootfs(t, image.rootfsPath);
  assert.deepEqual(await readdir(join(root, 'data')), ['old']);
  assert.deepEqual(await readdir(join(root, 'data/old')), ['new']);
  const capabilities = await execute('getcap', [join(root, 'bin/cat')]);
  assert.match(capabilities.stdout, /cap_net_bind_service=ep/);
});

test('an archive that is broken, of another kind, or for another processor', {
  skip,
}, async (t) => {
  const opened = await openForTest(t);
  const { images } = opened;
  const folder = await buildSaved(await temporaryFolder(t), DOCKERFILE);
  const saved = await readFile(join(folder, 'save.tar'));
  const resolve = async (bytes: Buffer) => {
    const uploadId = await uploadBytes(images, bytes);
    const source = { type: 'archive', uploadId, name: 'agent.tar' } as const;
    return await images.resolve(source, recorder().options);
  };
  await assert.rejects(
    resolve(Buffer.from('not a tar')),
    failsWith('archive_invalid', /agent\.tar/),
  );
  await assert.rejects(resolve(saved.subarray(0, saved.length / 2)), failsWith('archive_invalid'));
  const { stdout } = await execute('tar', ['-C', folder, '-cf', '-', 'capable.sh'], {
    encoding: 'buffer',
  });
  await assert.rejects(resolve(stdout), failsWith('archive_invalid', /neither a manifest\.json/));
  await assert.rejects(
    images.resolve({ type: 'archive', uploadId: 'upl_00000000000000000000' }, recorder().options),
    failsWith('upload_not_found'),
  );
  const name = `localhost/swarm-test/other:${process.pid}`;
  await inStorage(
    `cd "$1"; c=$(buildah from scratch); buildah config --arch arm64 --cmd /x "$c"
     buildah commit -q --format docker "$c" "$2" >/dev/null; buildah rm "$c" >/dev/null
     buildah push -q "$2" "docker-archive:other.tar:$2"; buildah rmi "$2" >/dev/null`,
    [folder, name],
  );
  await assert.rejects(
    resolve(await readFile(join(folder, 'other.tar'))),
    failsWith('image_architecture_mismatch', /linux\/arm64.*linux\/amd64/),
  );
  assert.deepEqual(await images.list(), []);
  await assertNothingLeft(opened);
});

test('two resolves of one image at once make its rootfs once', { skip }, async (t) => {
  const { images } = await openForTest(t);
  const folder = await buildSaved(await temporaryFolder(t), DOCKERFILE);
  const uploadId = await uploadBytes(images, await readFile(join(folder, 'save.tar')));
  const records = [recorder(), recorder(), recorder()];
  const resolved = await Promise.all(
    records.map(({ options }) => images.resolve({ type: 'archive', uploadId }, options)),
  );
  assert.equal(new Set(resolved.map((image) => image.digest)).size, 1);
  const made = records.flatMap(({ steps }) => steps).filter((step) => step === 'rootfs');
  assert.equal(made.length, 1);
});

test('collect removes what is unused and old enough, and abandoned uploads', {
  skip,
}, async (t) => {
  let nowMs = Date.now();
  const { images, homeDir } = await openForTest(t, { clock: { nowMs: () => nowMs } });
  const folder = await buildSaved(await temporaryFolder(t), DOCKERFILE);
  const uploadId = await uploadBytes(images, await readFile(join(folder, 'save.tar')));
  const image = await images.resolve({ type: 'archive', uploadId }, recorder().options);
  const minAgeMs = 3_600_000;
  const collect = (used: boolean) => images.collect({ isUsed: () => used, minAgeMs });
  assert.deepEqual(await collect(false), { removed: [], freedBytes: 0 }, 'too young');
  nowMs += minAgeMs + 60_000;
  assert.deepEqual((await collect(true)).removed, [], 'in use');
  assert.deepEqual(await readdir(join(homeDir, 'uploads')), [], 'the upload was abandoned');
  const { removed, freedBytes } = await collect(false);
  assert.deepEqual(removed, [image.digest]);
  assert.equal(freedBytes, image.rootfsBytes);
  assert.equal(await images.find(image.digest), undefined);
});
