import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import {
  assertNothingLeft,
  execute,
  failsWith,
  inStorage,
  missing,
  openForTest,
  recorder,
  temporaryFolder,
  writeFiles,
} from './images-fixture.ts';

const installed = await execute('sh', ['-c', 'command -v docker-registry htpasswd']).then(
  () => true,
  () => false,
);
const skip = missing || (!installed && 'docker-registry or apache2-utils is not installed');

interface Registry {
  readonly address: string;
  readonly authFile: string;
  readonly wrongAuthFile: string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A real registry on loopback that asks for a user name and password. */
async function startRegistry(t: TestContext): Promise<Registry> {
  const folder = await temporaryFolder(t);
  const address = `127.0.0.1:${await freePort()}`;
  const auth = (password: string) => {
    const entry = { auth: Buffer.from(`robot:${password}`).toString('base64') };
    return JSON.stringify({ auths: { [address]: entry } });
  };
  const { stdout } = await execute('htpasswd', ['-Bbn', 'robot', 'right']);
  await writeFiles(folder, {
    htpasswd: stdout,
    'right.json': auth('right'),
    'wrong.json': auth('wrong'),
    'config.yml': `version: 0.1
storage: { filesystem: { rootdirectory: ${folder}/data } }
http: { addr: "${address}" }
auth: { htpasswd: { realm: test, path: ${folder}/htpasswd } }
`,
  });
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], {
    stdio: 'ignore',
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  t.after(stop);
  const answers = () =>
    fetch(`http://${address}/v2/`).then(
      (response) => response.status === 401,
      () => false,
    );
  assert.ok(await waitUntil(answers, { timeoutMs: 20_000 }), 'the registry started');
  return {
    address,
    authFile: join(folder, 'right.json'),
    wrongAuthFile: join(folder, 'wrong.json'),
    stop,
  };
}

/** Pushes a small image that holds `content`. @returns its digest there. */
async function push(
  registry: Registry,
  { name, content, arch = 'amd64' }: { name: string; content: string; arch?: string },
): Promise<string> {
  const local = `localhost/swarm-test/push:${process.pid}`;
  return await inStorage(
    `c=$(buildah from scratch); m=$(buildah mount "$c"); echo "$4" > "$m/content"
     buildah config --cmd '["/content"]' --arch "$5" "$c"
     buildah commit -q --format docker "$c" "$1" >/dev/null; buildah rm "$c" >/dev/null
     d=$(mktemp); buildah push -q --tls-verify=false --authfile "$3" --digestfile "$d" "$1" "docker://$2"
     buildah rmi "$1" >/dev/null; cat "$d"; rm "$d"`,
    [local, `${registry.address}/${name}`, registry.authFile, content, arch],
  );
}

test('an image from a registry with credentials; a tag that moves; a digest without it', {
  skip,
}, async (t) => {
  const registry = await startRegistry(t);
  const environment = { ...process.env, REGISTRY_AUTH_FILE: registry.authFile };
  const opened = await openForTest(t, { environment });
  const { images } = opened;
  const resolve = (name: string, record = recorder()) =>
    images.resolve({ type: 'image', reference: `${registry.address}/${name}` }, record.options);
  const firstDigest = await push(registry, { name: 'team/agent:1', content: `one ${process.pid}` });
  const first = await resolve('team/agent:1');
  assert.equal(first.digest, firstDigest);
  assert.deepEqual(first.config.cmd, ['/content']);
  assert.equal(first.origin, `image ${registry.address}/team/agent:1`);

  const again = recorder();
  assert.equal((await resolve('team/agent:1', again)).digest, first.digest);
  assert.deepEqual(again.steps, ['pull']);

  await push(registry, { name: 'team/agent:1', content: `two ${process.pid}` });
  const second = await resolve('team/agent:1');
  assert.notEqual(second.digest, first.digest);
  assert.equal((await images.list()).length, 2);

  await registry.stop();
  assert.equal((await resolve(`team/agent@${firstDigest}`)).digest, first.digest);
  await assert.rejects(resolve('team/agent:1'), failsWith('registry_unreachable'));
  await assertNothingLeft(opened);
});

test('a registry that refuses, or has not what is asked for', { skip }, async (t) => {
  const registry = await startRegistry(t);
  await push(registry, { name: 'agent:1', content: 'x' });
  await push(registry, { name: 'agent:arm', content: 'x', arch: 'arm64' });
  const resolveWith = async (authFile: string, reference: string) => {
    const environment = { ...process.env, REGISTRY_AUTH_FILE: authFile };
    const opened = await openForTest(t, { environment });
    try {
      return await opened.images.resolve({ type: 'image', reference }, recorder().options);
    } finally {
      assert.deepEqual(await opened.images.list(), []);
      await assertNothingLeft(opened);
    }
  };
  const { address, authFile, wrongAuthFile } = registry;
  const cases: readonly [string, string, string][] = [
    [wrongAuthFile, `${address}/agent:1`, 'registry_credentials_refused'],
    ['/nonexistent/auth.json', `${address}/agent:1`, 'registry_credentials_refused'],
    [authFile, `${address}/agent:nosuch`, 'image_not_found'],
    [authFile, `${address}/nosuch`, 'image_not_found'],
    [authFile, `${address}/agent:arm`, 'image_architecture_mismatch'],
    [authFile, `127.0.0.1:${await freePort()}/agent:1`, 'registry_unreachable'],
    [authFile, 'registry.invalid/agent:1', 'registry_unreachable'],
    [authFile, `${address}/UPPER:1`, 'image_reference_invalid'],
    [authFile, 'docker-daemon:nosuch:1', 'docker_daemon_unreachable'],
  ];
  for (const [auth, reference, code] of cases)
    await assert.rejects(resolveWith(auth, reference), failsWith(code), reference);
});
