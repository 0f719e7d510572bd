import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort, type Registry, registryMissing, startRegistry } from './fixtures/registry.ts';
import {
  assertNothingLeft,
  failsWith,
  inStorage,
  missing,
  openForTest,
  recorder,
} from './images-fixture.ts';

const skip = missing || registryMissing;

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
