/** What passes through a tap network, with real guests whose root is hostile. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { silentLogger } from '../../src/base/logger.ts';
import { waitUntil } from '../../src/base/wait.ts';
import {
  EGRESS_PROXY_PORT,
  GUESTD_PORT,
  GUESTD_READY_LINE,
  type GuestConfig,
} from '../../src/contracts/guest.ts';
import { kernelCommandLine } from '../../src/machines/boot/boot.ts';
import type { Endpoint, MachineDriver } from '../../src/machines/driver.ts';
import { createGuestClient } from '../../src/machines/guest-client.ts';
import {
  TAP_GATEWAY_MAC,
  TAP_GUEST_MAC,
  type TapCounters,
  type TapNetworks,
} from '../../src/machines/network/network.ts';
import { createTapNetworks } from '../../src/machines/network/tap.ts';
import { createQemuDriver } from '../../src/machines/qemu/qemu-driver.ts';
import { arpFrame, otherFrame, udpFrame } from './fixtures/frames.ts';
import { inNetworkNamespace } from './fixtures/network-namespace.ts';
import { networkProbeRootfs } from './fixtures/network-probe-machine.ts';
import { probeAssets, probeSpec } from './fixtures/probe-machine.ts';

const PORT = 8000;
const HOST_PORT = 9999;
/** An address of the host's that has nothing to do with the link, as its way out would be. */
const HOST_ADDRESS = '192.0.2.77';

inNetworkNamespace(
  {
    url: import.meta.url,
    name: 'guests on tap networks',
    timeoutMs: 400_000,
    prepare: () => Promise.all([probeAssets(), networkProbeRootfs()]),
  },
  defineTests,
);

function defineTests(): void {
  const machinesDir = mkdtempSync(join(tmpdir(), 'swarm-tap-guests-'));
  const networks: TapNetworks = createTapNetworks({ machinesFolder: machinesDir });
  let driver: MachineDriver;
  let tcp: Server;
  let udp: UdpSocket;
  const arrived: string[] = [];

  const endpoint = async (machineId: string, port = PORT): Promise<Endpoint> => {
    const found = (await driver.inspect(machineId)).endpoints.get(port);
    assert.ok(found);
    return found;
  };
  const ask = async (machineId: string, path: string, init: RequestInit = {}) => {
    const { host, port } = await endpoint(machineId);
    const signal = AbortSignal.timeout(60_000);
    return fetch(`http://${host}:${port}${path}`, { signal, ...init });
  };
  const text = async (machineId: string, path: string) => (await ask(machineId, path)).text();
  /** The host's end of a machine's link. */
  const hostEnd = async (machineId: string): Promise<string> => {
    const parts = (await endpoint(machineId)).host.split('.').map(Number);
    return [...parts.slice(0, 3), (parts[3] ?? 0) - 1].join('.');
  };
  /** How the counters grew while `act` ran. */
  const counted = async (machineId: string, act: () => Promise<unknown>): Promise<TapCounters> => {
    const earlier = await networks.counters(machineId);
    await act();
    const later = await networks.counters(machineId);
    assert.ok(earlier && later);
    return {
      spoofed: later.spoofed - earlier.spoofed,
      otherProtocols: later.otherProtocols - earlier.otherProtocols,
      linkLocal: later.linkLocal - earlier.linkLocal,
      refused: later.refused - earlier.refused,
    };
  };
  const boot = async (machineId: string, egress?: GuestConfig['egress']): Promise<void> => {
    const plain = probeSpec(await probeAssets(), { machineId, network: 'tap' });
    const guestConfig = { ...plain.guestConfig, ...(egress === undefined ? {} : { egress }) };
    const spec = { ...plain, guestConfig, rootfsPath: await networkProbeRootfs() };
    await driver.create(spec);
    await driver.start(machineId);
    const ready = { text: GUESTD_READY_LINE, timeoutMs: 90_000 };
    assert.ok(
      await driver.waitForConsole(machineId, ready),
      await driver.console(machineId, { maxBytes: 2000 }),
    );
    const guest = createGuestClient({
      machineId,
      endpoint: await endpoint(machineId, GUESTD_PORT),
      token: spec.guestConfig.token,
    });
    const process = { argv: ['/bin/network-probe'], env: {}, cwd: '/', user: '' };
    await guest.startProcess(process, { timeoutMs: 30_000 });
    const up = await waitUntil(() => text(machineId, '/name').catch(() => undefined), {
      timeoutMs: 30_000,
    });
    guest.close();
    assert.equal(up, machineId);
  };

  before(async () => {
    execFileSync('ip', ['addr', 'add', `${HOST_ADDRESS}/32`, 'dev', 'lo']);
    tcp = createServer((socket) => {
      arrived.push(`tcp from ${socket.remoteAddress}`);
      socket.destroy();
    });
    await new Promise<void>((resolve) => tcp.listen(HOST_PORT, '0.0.0.0', resolve));
    udp = createSocket('udp4', (_message, from) => arrived.push(`udp from ${from.address}`));
    await new Promise<void>((resolve) => udp.bind(HOST_PORT, '0.0.0.0', resolve));
    driver = await createQemuDriver({
      machinesDir,
      acceleration: 'tcg',
      log: silentLogger,
      kernelCommandLine: ({ acceleration }) => kernelCommandLine({ driver: 'qemu', acceleration }),
      tapNetworks: networks,
    });
    // The control: whoever may reach it does.
    await dial(HOST_ADDRESS, HOST_PORT);
    assert.equal(arrived.splice(0).length, 1);
    await boot('tap-1');
    await boot('tap-2');
  });
  after(async () => {
    tcp?.close();
    udp?.close();
    for (const machineId of (await driver?.list()) ?? []) await driver.remove(machineId);
    await driver?.close();
    rmSync(machinesDir, { recursive: true, force: true });
  });

  test('two machines with the same address inside are reached side by side', async () => {
    assert.deepEqual(await Promise.all(['tap-1', 'tap-2'].map((id) => text(id, '/name'))), [
      'tap-1',
      'tap-2',
    ]);
    assert.equal(await text('tap-1', '/caller'), '10.0.2.2', 'the host is never seen');
  });

  test('a guest reaches neither host nor machines nor the world', async () => {
    const other = await endpoint('tap-2');
    const targets = [
      `${await hostEnd('tap-1')}:${HOST_PORT}`,
      `${HOST_ADDRESS}:${HOST_PORT}`,
      `10.0.2.2:${HOST_PORT}`,
      `${other.host}:${PORT}`,
      `${await hostEnd('tap-2')}:${HOST_PORT}`,
      '198.51.100.1:443',
    ];
    for (const to of targets) {
      const grown = await counted('tap-1', async () =>
        assert.match(await text('tap-1', `/dial?net=tcp&to=${to}`), /^refused/, to),
      );
      assert.ok(grown.refused > 0, `${to} is counted`);
    }
    // On its own link there is nobody but the gateway: it is not even told a MAC address.
    const neighbour = await counted('tap-2', () => text('tap-2', '/dial?net=tcp&to=10.0.2.3:53'));
    assert.ok(neighbour.otherProtocols > 0);
    const sent = await counted('tap-1', async () => {
      for (const to of targets) await text('tap-1', `/dial?net=udp&to=${to}`);
    });
    assert.ok(sent.refused >= targets.length);
    const metadata = await counted('tap-1', () =>
      text('tap-1', '/dial?net=tcp&to=169.254.169.254:80'),
    );
    assert.ok(metadata.linkLocal > 0);
    assert.deepEqual(arrived, []);
  });

  test('frames with others’ addresses go nowhere', async () => {
    const honest = {
      sourceMac: TAP_GUEST_MAC,
      destinationMac: TAP_GATEWAY_MAC,
      source: '10.0.2.15',
      destination: await hostEnd('tap-1'),
    };
    const send = (frame: Buffer) =>
      counted('tap-1', async () => {
        const sent = await ask('tap-1', '/frame', { method: 'POST', body: new Uint8Array(frame) });
        assert.equal(sent.status, 200, await sent.text());
      });
    const nothing = { spoofed: 0, otherProtocols: 0, linkLocal: 0, refused: 0 };
    // The control: this one is well made, and is counted as what any guest may not do.
    assert.deepEqual(await send(udpFrame(honest, HOST_PORT)), { ...nothing, refused: 1 });
    const spoofs = [
      udpFrame({ ...honest, source: '10.0.2.16' }, HOST_PORT),
      udpFrame({ ...honest, source: honest.destination }, HOST_PORT),
      udpFrame({ ...honest, source: '127.0.0.1' }, HOST_PORT),
      udpFrame({ ...honest, sourceMac: '06:00:0a:00:02:10' }, HOST_PORT),
      arpFrame({ ...honest, source: '10.0.2.2', destination: '10.0.2.2' }),
      arpFrame({ ...honest, sourceMac: TAP_GATEWAY_MAC, destination: '10.0.2.2' }),
    ];
    for (const [index, frame] of spoofs.entries())
      assert.deepEqual(await send(frame), { ...nothing, spoofed: 1 }, `spoof ${index}`);
    // IPv6, a VLAN, and something made up.
    for (const type of [0x86dd, 0x8100, 0x88b5])
      assert.deepEqual(await send(otherFrame(honest, type)), { ...nothing, otherProtocols: 1 });
    assert.deepEqual(arrived, []);
    assert.equal(await text('tap-1', '/name'), 'tap-1', 'and honest calls still pass');
  });

  test('a flood of ARP is cut off, and does not cut off the guest', async () => {
    const frame = arpFrame({
      sourceMac: TAP_GUEST_MAC,
      destinationMac: 'ff:ff:ff:ff:ff:ff',
      source: '10.0.2.15',
      destination: '10.0.2.2',
    });
    const grown = await counted('tap-1', async () => {
      for (let sent = 0; sent < 60; sent++)
        await ask('tap-1', '/frame', { method: 'POST', body: new Uint8Array(frame) });
    });
    assert.ok(grown.otherProtocols > 0);
    assert.equal(await text('tap-1', '/name'), 'tap-1');
  });

  test('ports that were not asked for refuse at once, and other users reach nothing', async () => {
    const { host } = await endpoint('tap-1');
    await assert.rejects(dial(host, PORT + 1), { code: 'ECONNREFUSED' });
    const asUser = (user: string) =>
      execFileSync(
        'setpriv',
        [
          ...[`--reuid=${user}`, `--regid=${user}`, '--clear-groups', 'bash', '-c'],
          `exec 3<>/dev/tcp/${host}/${PORT} && echo reached`,
        ],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
      );
    assert.equal(asUser('0'), 'reached\n');
    assert.throws(() => asUser('65534'));
  });

  test('much data passes both ways, whole', async () => {
    const bytes = 16 * 1024 * 1024;
    const down = await (await ask('tap-1', `/bytes?n=${bytes}`)).arrayBuffer();
    assert.equal(down.byteLength, bytes);
    const up = await ask('tap-1', '/count', { method: 'POST', body: new Uint8Array(bytes) });
    assert.equal(await up.text(), String(bytes));
  });

  test('a machine that is gone refuses instead of keeping callers waiting', async () => {
    const { host } = await endpoint('tap-2');
    await driver.kill('tap-2');
    await assert.rejects(dial(host, PORT), (error: NodeJS.ErrnoException) =>
      ['EHOSTUNREACH', 'ENETUNREACH', 'ECONNREFUSED'].includes(error.code ?? ''),
    );
  });

  test('a guest with a way out sends nothing beside it', async () => {
    const authority = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    await boot('tap-3', { proxyPort: EGRESS_PROXY_PORT, authority });
    const hostsEnd = await hostEnd('tap-3');
    const targets = [
      `${hostsEnd}:${HOST_PORT}`,
      `${HOST_ADDRESS}:${HOST_PORT}`,
      `${(await endpoint('tap-1')).host}:${PORT}`,
      '198.51.100.1:443',
      '169.254.169.254:80',
      'some.name.example:53',
    ];
    const nothing = { spoofed: 0, otherProtocols: 0, linkLocal: 0, refused: 0 };
    for (const network of ['tcp', 'udp'])
      for (const to of targets)
        assert.deepEqual(
          await counted('tap-3', () => text('tap-3', `/dial?net=${network}&to=${to}`)),
          nothing,
          `${network} ${to}`,
        );
    // Root can still make frames of its own: the network's rules hold those.
    const honest = { source: '10.0.2.15', destination: hostsEnd };
    const frame = udpFrame(
      { ...honest, sourceMac: TAP_GUEST_MAC, destinationMac: TAP_GATEWAY_MAC },
      HOST_PORT,
    );
    const body = new Uint8Array(frame);
    const sent = await counted('tap-3', () => ask('tap-3', '/frame', { method: 'POST', body }));
    assert.deepEqual(sent, { ...nothing, refused: 1 });
    assert.deepEqual(arrived, []);
  });

  test('nothing is left of removed machines', async () => {
    for (const machineId of ['tap-1', 'tap-2', 'tap-3']) await driver.remove(machineId);
    assert.deepEqual(await networks.list(), []);
    const left = execFileSync(
      'sh',
      ['-c', 'nft list ruleset; ip -br link; ip -4 route; ls /run/netns'],
      {
        encoding: 'utf8',
      },
    );
    assert.match(left, /^lo +UNKNOWN [^\n]*\n$/);
  });
}

function dial(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 20_000 });
    socket.on('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.on('timeout', () => socket.destroy(new Error('no answer')));
    socket.on('error', reject);
  });
}
