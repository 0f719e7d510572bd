import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { cloneRepository } from './git-clone.ts';
import type { ImageTools } from './image-tools.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarm-git-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const TOKEN = 'secret-token-of-the-test';

/** A clone with a git that fails with these words, and how often it was run. */
async function failingClone(url: string, words: string) {
  let runs = 0;
  const tools: ImageTools = {
    storageDriver: 'vfs',
    run: async () => {
      runs++;
      return { exitCode: 128, stdout: words, stderr: words };
    },
  };
  const request = { url, ref: undefined, folder: join(folder, 'source'), tools, token: TOKEN };
  const options = { signal: new AbortController().signal, onLog: () => undefined };
  const error = await cloneRepository({ ...request, environment: {} }, options).then(
    () => assert.fail('it was cloned'),
    (reason: Error & { code?: string }) => reason,
  );
  return { error, runs };
}

test('a server that says the token back does not bring it into the error', async () => {
  const { error, runs } = await failingClone('https://git.test/a.git', `remote: hello ${TOKEN}`);
  assert.ok(runs > 0);
  assert.ok(!JSON.stringify({ ...error, message: error.message }).includes(TOKEN));
});

test('a token is not sent in clear, but to this host', async () => {
  const far = await failingClone('http://git.test/a.git', 'no');
  assert.deepEqual([far.error.code, far.runs], ['git_url_invalid', 0]);
  for (const host of ['localhost', '127.0.0.1:3000', '[::1]:80'])
    assert.ok((await failingClone(`http://${host}/a.git`, 'no')).runs > 0, host);
});
