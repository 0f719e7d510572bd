/** Making, finding and removing tap networks; what passes through them is in tap-guests.test.ts. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { TapNetworks } from '../../src/machines/network/network.ts';
import { createTapNetworks } from '../../src/machines/network/tap.ts';
import { inNetworkNamespace } from './fixtures/network-namespace.ts';

inNetworkNamespace({ url: import.meta.url, name: 'tap networks', timeoutMs: 120_000 }, defineTests);

function sh(script: string): string {
  return execFileSync('sh', ['-ec', script], { encoding: 'utf8' });
}

function defineTests(): void {
  const root = mkdtempSync(join(tmpdir(), 'swarm-tap-'));
  let count = 0;
  const installation = (pools?: readonly string[]) => {
    const machinesFolder = join(root, `installation-${++count}`);
    mkdirSync(machinesFolder);
    const networks = createTapNetworks({ machinesFolder, ...(pools && { pools }) });
    const ensure = (machineId: string, ports: readonly number[] = [8000, 61707]) => {
      const folder = join(machinesFolder, machineId);
      mkdirSync(folder, { recursive: true });
      return networks.ensure({ machineId, folder, ports });
    };
    return { networks, ensure, folder: (id: string) => join(machinesFolder, id) };
  };
  const hostOf = (attachment: Awaited<ReturnType<TapNetworks['ensure']>>) =>
    attachment.endpoints.get(8000)?.host;
  const assertNothingLeft = () => {
    assert.doesNotMatch(readFileSync('/proc/self/net/dev', 'utf8'), /swt-/);
    assert.deepEqual(readdirSync('/run/netns'), []);
    assert.equal(sh('nft list ruleset'), '');
    assert.equal(sh('ip -4 route show'), '');
  };
  after(() => rmSync(root, { recursive: true, force: true }));

  test('a network is made once, found again, and removed without a trace', async () => {
    const { networks, ensure, folder } = installation();
    const made = await ensure('m_1');
    assert.deepEqual(await ensure('m_1'), made);
    assert.deepEqual(await networks.find({ machineId: 'm_1', folder: folder('m_1') }), made);
    assert.deepEqual(await networks.list(), ['m_1']);
    assert.deepEqual(await networks.counters('m_1'), {
      spoofed: 0,
      otherProtocols: 0,
      linkLocal: 0,
      refused: 0,
    });
    await networks.remove('m_1');
    await networks.remove('m_1');
    assert.deepEqual(await networks.list(), []);
    assert.equal(await networks.find({ machineId: 'm_1', folder: folder('m_1') }), undefined);
    assert.equal(await networks.counters('m_1'), undefined);
    assertNothingLeft();
  });

  test('two calls at once make one network', async () => {
    const { networks, ensure } = installation();
    const [one, two] = await Promise.all([ensure('m_1'), ensure('m_1')]);
    assert.deepEqual(one, two);
    await networks.remove('m_1');
    assertNothingLeft();
  });

  test('other ports make it anew', async () => {
    const { networks, ensure } = installation();
    await ensure('m_1');
    const changed = await ensure('m_1', [9000]);
    assert.deepEqual([...changed.endpoints.keys()], [9000]);
    await networks.remove('m_1');
    assertNothingLeft();
  });

  test('installations on one host take different links at the same time, and list their own', async () => {
    // Room for six links: they must fight over them.
    const pool = ['100.64.0.0/28', '100.64.1.0/29'];
    const [one, two] = [installation(pool), installation(pool)];
    const made = await Promise.all(
      ['m_1', 'm_2', 'm_3'].flatMap((id) => [one.ensure(id), two.ensure(id)]),
    );
    assert.equal(new Set(made.map(hostOf)).size, 6);
    assert.equal(new Set(made.map(({ uid }) => uid)).size, 6);
    await assert.rejects(one.ensure('m_4'), { code: 'network_addresses_taken' });
    assert.deepEqual([...(await one.networks.list())].sort(), ['m_1', 'm_2', 'm_3']);
    await Promise.all(['m_1', 'm_2', 'm_3'].map((id) => one.networks.remove(id)));
    assert.deepEqual(await one.networks.list(), []);
    assert.equal((await two.networks.list()).length, 3, 'those of the other are untouched');
    assert.match(sh('nft list ruleset'), /swarm_machines/, 'and still guarded');
    await Promise.all(['m_1', 'm_2', 'm_3'].map((id) => two.networks.remove(id)));
    assertNothingLeft();
  });

  test('addresses that the host routes are not taken', async () => {
    const { networks, ensure } = installation(['100.64.0.0/29', '198.18.0.0/30']);
    sh('ip route add blackhole 100.64.0.0/29');
    try {
      assert.equal(hostOf(await ensure('m_1')), '198.18.0.2');
      sh('ip route add unreachable 198.18.0.0/16');
      await assert.rejects(ensure('m_2'), { code: 'network_addresses_taken' });
      assert.deepEqual(await networks.list(), ['m_1']);
    } finally {
      await networks.remove('m_1');
      sh('ip -4 route flush type blackhole; ip -4 route flush type unreachable');
    }
    assertNothingLeft();
  });

  test('what a crash left half made is mended or removed, by the id alone', async () => {
    const { networks, ensure, folder } = installation();
    await ensure('m_1');
    const [namespace = ''] = readdirSync('/run/netns');
    // The record was never written.
    rmSync(join(folder('m_1'), 'network.json'));
    await ensure('m_1');
    // Somebody took the host's end away.
    sh("ip -o link show | grep -o 'swt-[0-9a-f]*' | head -1 | xargs ip link del");
    const mended = await ensure('m_1');
    assert.ok(mended.endpoints.size > 0);
    // Only the namespace is there, and the folder is gone.
    await networks.remove('m_1');
    sh(`ip netns add ${namespace}`);
    rmSync(folder('m_1'), { recursive: true });
    assert.deepEqual(await networks.list(), ['m_1']);
    await networks.remove('m_1');
    // A name without a namespace behind it, as a reboot during the making would leave.
    writeFileSync(`/run/netns/${namespace}`, '');
    await networks.remove('m_1');
    // Garbage where the record was.
    mkdirSync(folder('m_1'));
    writeFileSync(join(folder('m_1'), 'network.json'), '{"version":');
    await ensure('m_1');
    await networks.remove('m_1');
    assertNothingLeft();
  });

  test('a failure half way leaves nothing', async () => {
    const { ensure } = installation();
    await assert.rejects(ensure('m_1', [70_000]), { code: 'network_failed' });
    assertNothingLeft();
  });

  test('IPv6 is off and the guest’s own addresses are the only ones inside', async () => {
    const { networks, ensure } = installation();
    const { commandPrefix } = await ensure('m_1');
    assert.equal(sh(`${commandPrefix.join(' ')} ip -6 addr show`), '');
    assert.equal(sh(`${commandPrefix.join(' ')} ip -4 route show default`), '');
    assert.doesNotMatch(sh('ip -6 addr show'), /swt-/);
    await networks.remove('m_1');
    assertNothingLeft();
  });
}
