import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findConnection } from './connection.ts';

let home: string;
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'swarm-connection-'));
  await writeFile(join(home, 'token'), 'swarm_root\n');
});
after(() => rm(home, { recursive: true }));

for (const url of ['http://127.0.0.1:7700/', 'http://localhost:7700', 'http://[::1]:7700'])
  test(`the home's token goes to ${url}`, async () => {
    const found = await findConnection({ home, env: { SWARM_URL: url } });
    assert.deepEqual(found, { url: url.replace(/\/$/, ''), token: 'swarm_root' });
  });

for (const url of [
  'http://10.0.0.1:7700',
  'https://127.0.0.1.example',
  'http://localhost@evil.example',
])
  test(`the home's token does not go to ${url}; a token of its own does`, async () => {
    await assert.rejects(findConnection({ home, env: { SWARM_URL: url } }), {
      code: 'swarmd_token_missing',
    });
    const found = await findConnection({ home, env: { SWARM_URL: url, SWARM_TOKEN: 'swarm_x' } });
    assert.equal(found.token, 'swarm_x');
  });

test('an address that is none is told apart', async () => {
  await assert.rejects(findConnection({ home, env: { SWARM_URL: 'ftp://x', SWARM_TOKEN: 't' } }), {
    code: 'swarmd_url_invalid',
  });
});
