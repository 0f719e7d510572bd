import assert from 'node:assert/strict';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  assertNothingLeft,
  cacheDir,
  execute,
  failsWith,
  missing,
  openForTest,
  openRootfs,
  recorder,
  temporaryFolder,
  uploadFolder,
  writeFiles,
} from './images-fixture.ts';

const skip = missing;
const SECRET = 'not-for-images-1234';

const NODE_PROJECT = {
  'package.json': JSON.stringify({
    name: 'agent',
    version: '1.0.0',
    type: 'module',
    scripts: { start: 'node src/server.ts' },
    dependencies: { 'is-odd': '3.0.1' },
    devDependencies: { 'is-even': '1.0.0' },
  }),
  'langgraph.json': JSON.stringify({
    graphs: { agent: './src/graph.ts:graph' },
    env: '.env',
    node_version: '26',
  }),
  'src/server.ts': 'console.log("one");\n',
  'src/graph.ts': 'export const graph = 1;\n',
  '.env': `KEY=${SECRET}\n`,
  '.dockerignore': 'notes\n',
  'notes/private.txt': 'x\n',
  'node_modules/left/over.js': 'x\n',
};

test('a Node project without a Dockerfile, and again after a change of one line', {
  skip,
}, async (t) => {
  const environment = {
    ...process.env,
    PIP_INDEX_URL: `http://user:${SECRET}@127.0.0.1:1/simple`,
    'npm_config_//127.0.0.1:1/:_authToken': SECRET,
    NO_PROXY: `${SECRET}.example.com`,
  };
  const opened = await openForTest(t, { environment });
  const { images } = opened;
  const folder = await writeFiles(await temporaryFolder(t), NODE_PROJECT);
  await execute('npm', ['install', '--package-lock-only', '--prefix', folder]);
  const resolve = async (record = recorder()) => {
    const uploadId = await uploadFolder(images, folder);
    const source = { type: 'folder', uploadId, name: 'agent' } as const;
    return { image: await images.resolve(source, record.options), ...record };
  };
  const first = await resolve();
  assert.deepEqual(first.image.config.cmd, ['node', 'src/server.ts']);
  assert.equal(first.image.config.user, 'agent');
  assert.equal(first.image.config.workingDir, '/app');
  assert.deepEqual(first.image.config.exposedPorts, [8080]);
  assert.deepEqual(first.image.config.env.map((line) => line.replace(/^PATH=.*/, 'PATH')).sort(), [
    'NODE_ENV=production',
    'PATH',
    'PORT=8080',
  ]);
  assert.ok(
    first.log.some((line) => line.includes('".env" that langgraph.json names is not put into')),
  );
  const root = await openRootfs(t, first.image.rootfsPath);
  const app = (await readdir(join(root, 'app'))).sort();
  assert.deepEqual(app, [
    '.dockerignore',
    'langgraph.json',
    'node_modules',
    'package-lock.json',
    'package.json',
    'src',
  ]);
  assert.deepEqual((await readdir(join(root, 'app/node_modules'))).sort(), [
    '.package-lock.json',
    'is-number',
    'is-odd',
  ]);
  assert.equal((await lstat(join(root, 'app'))).uid, 1000);
  assert.deepEqual(await readdir(join(root, 'run')), ['lock']);
  const run = await execute('chroot', ['--userspec=agent', root, 'node', '/app/src/server.ts']);
  assert.equal(run.stdout, 'one\n');
  const leaked = await execute('grep', [
    '-rlE',
    SECRET,
    join(root, 'app'),
    join(root, 'etc'),
    join(opened.homeDir, 'images'),
  ]).catch((error) => error);
  assert.equal(leaked.stdout.replaceAll(/Binary file.*\n/g, ''), '');
  const storedFolder = join(opened.homeDir, 'images', first.image.digest.replace(':', '-'));
  for (const name of ['config.json', 'manifest.json']) {
    const text = await readFile(join(storedFolder, name), 'utf8');
    assert.ok(!text.includes(SECRET) && !text.includes('ca.crt'), name);
  }

  await writeFiles(folder, { 'src/server.ts': 'console.log("two");\n' });
  const second = await resolve();
  assert.notEqual(second.image.digest, first.image.digest);
  const install = second.log.findIndex((line) => line.includes('npm ci'));
  assert.match(second.log[install + 1] ?? '', /Using cache/);
  const third = await resolve();
  assert.equal(third.image.digest, second.image.digest, 'the same files are the same image');
  assert.ok(!third.steps.includes('rootfs'));
  assert.ok(!third.log.some((line) => line.includes('STEP')), 'nothing is built for them');
  await images.collect({ isUsed: () => false, minAgeMs: -1 });
  const fourth = await resolve();
  assert.ok(
    fourth.log.some((line) => line.includes('STEP')),
    'an image that is gone is built',
  );
  assert.equal(fourth.image.digest, second.image.digest);
  await assertNothingLeft(opened);
});

test('a Node project whose dependencies cannot be installed, or that says not how it starts', {
  skip,
}, async (t) => {
  const opened = await openForTest(t);
  const resolve = async (files: Record<string, string>, build?: { start: string[] }) => {
    const folder = await writeFiles(await temporaryFolder(t), files);
    const uploadId = await uploadFolder(opened.images, folder);
    const source = { type: 'folder', uploadId, ...(build === undefined ? {} : { build }) } as const;
    return await opened.images.resolve(source, recorder().options);
  };
  await assert.rejects(
    resolve({
      'package.json': JSON.stringify({
        dependencies: { 'is-odd': '999.0.0' },
        scripts: { start: 'node x.js' },
      }),
    }),
    (error: Error & { details: { output: string[] } }) => {
      failsWith('dependencies_failed')(error);
      assert.ok(error.details.output.join('\n').includes('is-odd@999.0.0'));
      return true;
    },
  );
  const graph = {
    'langgraph.json': JSON.stringify({ graphs: { a: './a.ts:graph' } }),
    'package.json': '{}',
  };
  await assert.rejects(resolve(graph), failsWith('start_not_detected', /graph "a"/));
  await assert.rejects(resolve({ 'README.md': 'x' }), failsWith('runtime_not_detected'));
  await assert.rejects(
    resolve({ 'package.json': '{ "scripts": ' }),
    failsWith('project_file_invalid', /package\.json/),
  );
  await assertNothingLeft(opened);
});

const pypi =
  missing ||
  (await execute('python3', ['-m', 'pip', 'index', 'versions', 'six'], { timeout: 30_000 }).then(
    () => false as const,
    () => 'the Python package index cannot be reached from here',
  ));

test('a Python project without a Dockerfile', { skip: pypi }, async (t) => {
  const opened = await openForTest(t);
  const folder = await writeFiles(await temporaryFolder(t), {
    'requirements.txt': 'six==1.16.0\n',
    'app.py': 'import six\nprint(six.__version__)\n',
  });
  const resolve = async (record = recorder()) => {
    const uploadId = await uploadFolder(opened.images, folder);
    return {
      image: await opened.images.resolve({ type: 'folder', uploadId }, record.options),
      ...record,
    };
  };
  const { image } = await resolve();
  assert.deepEqual(image.config.cmd, ['python3', 'app.py']);
  const root = await openRootfs(t, image.rootfsPath);
  const run = await execute('chroot', [
    '--userspec=agent',
    root,
    'sh',
    '-c',
    'cd /app && /opt/venv/bin/python3 app.py',
  ]);
  assert.equal(run.stdout, '1.16.0\n');
  await writeFiles(folder, { 'app.py': 'print(2)\n' });
  const { log } = await resolve();
  const install = log.findIndex((line) => line.includes('pip install'));
  assert.match(log[install + 1] ?? '', /Using cache/);
  await assertNothingLeft(opened);
});

test('archives of folders that are not what they should be', { skip }, async (t) => {
  const opened = await openForTest(t);
  const folder = await temporaryFolder(t);
  const resolve = async (...tarArguments: string[]) => {
    const { stdout } = await execute('tar', ['-C', folder, '-cf', '-', ...tarArguments], {
      encoding: 'buffer',
    });
    const body = (async function* () {
      yield stdout;
    })();
    const { uploadId } = await opened.images.receiveUpload(body, { maxBytes: 1e6 });
    return await opened.images.resolve({ type: 'folder', uploadId }, recorder().options);
  };
  await writeFiles(folder, { 'a/x': '1', Dockerfile: 'FROM scratch' });
  await execute('sh', [
    '-ec',
    'cd "$1"; ln -s /etc/passwd out; ln -s ../../etc up; ln -s a link; mknod dev c 1 3; mkfifo fifo',
    'sh',
    folder,
  ]);
  const refused = failsWith('folder_archive_invalid');
  await assert.rejects(resolve('-P', '--transform=s,a/x,../x,', 'a/x'), refused);
  await assert.rejects(resolve('-P', '/etc/hostname'), refused);
  await assert.rejects(resolve('out'), refused);
  await assert.rejects(resolve('up'), refused);
  await assert.rejects(resolve('dev'), refused);
  await assert.rejects(resolve('fifo'), refused);
  await assert.rejects(resolve('link', '--transform=s,^a/,link/,', 'a/x'), refused);
  await assertNothingLeft(opened);
});

test('a full disk of the home is said to be one', { skip }, async (t) => {
  const homeDir = await temporaryFolder(t);
  await execute('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', homeDir]);
  try {
    const opened = await openForTest(t, { homeDir });
    const body = async function* (bytes: number) {
      for (let sent = 0; sent < bytes; sent += 65_536) yield Buffer.alloc(65_536, 1);
    };
    await assert.rejects(
      opened.images.receiveUpload(body(4 * 2 ** 20), { maxBytes: 2 ** 30 }),
      failsWith('disk_full'),
    );
    assert.deepEqual(await readdir(join(homeDir, 'uploads')), []);
    await assert.rejects(
      opened.images.receiveUpload(body(2 ** 20), { maxBytes: 1000 }),
      failsWith('upload_too_large'),
    );
    const folder = await writeFiles(await temporaryFolder(t), {
      Dockerfile: 'FROM scratch\nCOPY . /\n',
    });
    await execute('sh', [
      '-c',
      `head -c 1500000 /dev/urandom | base64 -w0 | head -c 1500000 > "$1/x"`,
      'sh',
      folder,
    ]);
    const uploadId = await uploadFolder(opened.images, folder);
    await assert.rejects(
      opened.images.resolve({ type: 'folder', uploadId }, recorder().options),
      failsWith('disk_full'),
    );
  } finally {
    await execute('umount', [homeDir]);
  }
  assert.ok(!(await readFile('/proc/self/mounts', 'utf8')).includes(cacheDir));
});
