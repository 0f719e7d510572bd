import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openImageTools } from './image-tools.ts';

const skip = process.getuid?.() === 0 ? false : 'tools run in namespaces, which need root';
test('tools do not see the tokens of Swarm that are in its environment', { skip }, async (t) => {
  const cacheDir = await mkdtemp(join(tmpdir(), 'swarm-tools-'));
  t.after(() => rm(cacheDir, { recursive: true, force: true }));
  const tokens = { SWARM_TOKEN: 'one', SWARM_GIT_TOKEN: 'two', SWARM_TEST_KEPT: 'kept' };
  const tools = await openImageTools({ cacheDir, environment: { ...process.env, ...tokens } });
  const { stdout } = await tools.run('env', [], { timeoutMs: 20_000 });
  assert.match(stdout, /^SWARM_TEST_KEPT=kept$/m);
  assert.doesNotMatch(stdout, /TOKEN/);
});
