import assert from 'node:assert/strict';
import { lstat, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../src/base/wait.ts';
import {
  assertNothingLeft,
  failsWith,
  inStorage,
  missing,
  openForTest,
  openRootfs,
  processesWith,
  recorder,
  temporaryFolder,
  tinyRoot,
  uploadFolder,
  writeFiles,
} from './images-fixture.ts';

const skip = missing;

const DOCKERFILE = `FROM scratch AS build
COPY root /
ARG WORDS=none
RUN mkdir /out && echo "$WORDS" > /out/words && ln /out/words /out/linked \\
 && cp /bin/true /out/suid && chmod 4755 /out/suid && chown 77:78 /out/words && echo gone > /gone
FROM build AS broken
RUN false
FROM build AS final
RUN rm /gone
ENV GREETING="hello  world"
HEALTHCHECK --interval=7s --timeout=3s --start-period=2s --retries=4 CMD ["cat", "/out/words"]
STOPSIGNAL SIGINT
EXPOSE 9000 53/udp 8000
WORKDIR /out
USER worker
ENTRYPOINT ["sh"]
CMD ["-c", "echo up"]
`;

test('a Dockerfile: stages, target, arguments, and every word of the config', {
  skip,
}, async (t) => {
  const opened = await openForTest(t);
  const folder = await temporaryFolder(t);
  await tinyRoot(join(folder, 'root'));
  await writeFiles(folder, { Dockerfile: DOCKERFILE });
  const uploadId = await uploadFolder(opened.images, folder);
  const { options, steps, log } = recorder();
  const image = await opened.images.resolve(
    {
      type: 'folder',
      uploadId,
      name: '/my/agent',
      build: { target: 'final', args: { WORDS: 'hi' } },
    },
    options,
  );
  assert.deepEqual([...new Set(steps)], ['unpack', 'build', 'rootfs']);
  assert.ok(log.some((line) => line.includes('RUN rm /gone')));
  const env = image.config.env.filter((line) => !line.startsWith('PATH='));
  assert.deepEqual(
    { ...image.config, env },
    {
      entrypoint: ['sh'],
      cmd: ['-c', 'echo up'],
      env: ['GREETING=hello  world'],
      user: 'worker',
      workingDir: '/out',
      exposedPorts: [8000, 9000],
      stopSignal: 'SIGINT',
      healthcheck: {
        test: ['CMD', 'cat', '/out/words'],
        intervalMs: 7_000,
        timeoutMs: 3_000,
        startPeriodMs: 2_000,
        retries: 4,
      },
    },
  );
  assert.equal(image.origin, 'folder /my/agent');
  const root = await openRootfs(t, image.rootfsPath);
  assert.equal(await readFile(join(root, 'out/words'), 'utf8'), 'hi\n');
  const [words, suid] = await Promise.all([
    lstat(join(root, 'out/words')),
    lstat(join(root, 'out/suid')),
  ]);
  assert.deepEqual([words.uid, words.gid, words.nlink], [77, 78, 2]);
  assert.equal(suid.mode & 0o7777, 0o4755);
  await assert.rejects(lstat(join(root, 'gone')), { code: 'ENOENT' });
  await assert.rejects(lstat(join(root, 'run/swarm-build')), { code: 'ENOENT' });
  assert.deepEqual(await opened.images.find(image.digest), image);
  assert.equal((await opened.images.list()).length, 1);
  await assertNothingLeft(opened);
});

test('a Dockerfile that is missing, leads out, or fails', { skip }, async (t) => {
  const opened = await openForTest(t);
  const { images } = opened;
  const folder = await temporaryFolder(t);
  await tinyRoot(join(folder, 'root'));
  await writeFiles(folder, { Dockerfile: DOCKERFILE });
  await symlink('root/etc/passwd', join(folder, 'Inside'));
  const uploadId = await uploadFolder(images, folder);
  const resolve = (build: object) =>
    images.resolve({ type: 'folder', uploadId, build }, recorder().options);
  await assert.rejects(
    resolve({ dockerfile: 'docker/Other' }),
    failsWith('dockerfile_not_found', /docker\/Other/),
  );
  await assert.rejects(resolve({ target: 'nosuch' }), failsWith('build_failed'));
  await assert.rejects(
    resolve({ target: 'broken' }),
    (error: Error & { details: { output: string[] } }) => {
      failsWith('build_failed', /RUN false/)(error);
      assert.ok(error.details.output.length > 0 && error.details.output.length <= 20);
      return true;
    },
  );
  const base = await writeFiles(await temporaryFolder(t), {
    Dockerfile: 'FROM 127.0.0.1:1/no/base\n',
  });
  await assert.rejects(
    images.resolve(
      { type: 'folder', uploadId: await uploadFolder(images, base) },
      recorder().options,
    ),
    failsWith('registry_unreachable', /127\.0\.0\.1:1\/no\/base/),
  );
  await assertNothingLeft(opened);
});

test('above its limit the cache is emptied; finished images stay', { skip }, async (t) => {
  const folder = await writeFiles(await temporaryFolder(t), {
    Dockerfile: 'FROM scratch\nCOPY hello /\nCMD ["/hello"]\n',
    hello: 'x',
  });
  const own = await mkdtemp(join(tmpdir(), 'swarm-cache-'));
  try {
    const opened = await openForTest(t, { cacheDir: own, cacheLimitBytes: 1 });
    const uploadId = await uploadFolder(opened.images, folder);
    const image = await opened.images.resolve({ type: 'folder', uploadId }, recorder().options);
    const layers = async () =>
      (await readdir(join(own, 'storage-overlay/root/overlay-images'))).filter((name) =>
        /^[0-9a-f]{64}$/.test(name),
      );
    assert.ok((await layers()).length > 0);
    await opened.images.collect({ isUsed: () => true, minAgeMs: 3_600_000 });
    assert.deepEqual(await layers(), []);
    assert.deepEqual(await opened.images.find(image.digest), image);
    const again = await opened.images.resolve({ type: 'folder', uploadId }, recorder().options);
    assert.deepEqual(again.config, image.config);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
});

test('an aborted build ends its processes and leaves nothing', { skip }, async (t) => {
  const opened = await openForTest(t);
  const folder = await temporaryFolder(t);
  await tinyRoot(join(folder, 'root'));
  const marker = `swarm-abort-${process.pid}`;
  await writeFiles(folder, {
    Dockerfile: `FROM scratch\nCOPY root /\nRUN sh -c 'sleep 600; true ${marker}'\n`,
  });
  const uploadId = await uploadFolder(opened.images, folder);
  const controller = new AbortController();
  const { options } = recorder({ signal: controller.signal });
  const outcome = opened.images.resolve({ type: 'folder', uploadId }, options);
  outcome.catch(() => undefined);
  const started = async () => (await processesWith(marker)).length > 0;
  assert.ok(await waitUntil(started, { timeoutMs: 60_000 }), 'the RUN step started');
  controller.abort();
  await assert.rejects(outcome, { name: 'AbortError' });
  await sleep(50);
  assert.deepEqual(await processesWith(marker), []);
  await assertNothingLeft(opened);
  await opened.images.collect({ isUsed: () => true, minAgeMs: 0 });
  assert.equal(await inStorage('buildah containers --quiet'), '');
});
