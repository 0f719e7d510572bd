import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHostForwards } from './host-forwards.ts';
import { qemuArguments } from './qemu-arguments.ts';

test('host ports are read from what QEMU says, connections left out', () => {
  const said = [
    'Hub -1 (net0):',
    '  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ',
    '  TCP[ESTABLISHED]   15       127.0.0.1 43719       10.0.2.15  8000     0     0',
    '  TCP[HOST_FORWARD]  13       127.0.0.1 43719       10.0.2.15  8000     0     0',
    '  TCP[HOST_FORWARD]  12       127.0.0.1 34469       10.0.2.15 61707     0     0',
    '  UDP[236 sec]       20       10.0.2.15 34469       10.0.2.15 61707     0     0',
    '',
  ].join('\r\n');
  assert.deepEqual(
    [...parseHostForwards(said)],
    [
      [8000, { host: '127.0.0.1', port: 43_719 }],
      [61_707, { host: '127.0.0.1', port: 34_469 }],
    ],
  );
});

test('paths with commas and quotes reach QEMU as they are', () => {
  const args = qemuArguments({
    qemuPath: 'qemu',
    machineId: 'm1',
    acceleration: 'kvm',
    cpus: 0.5,
    memoryMib: 64,
    kernelPath: 'k',
    initramfsPath: 'i',
    kernelCommandLine: 'a b',
    rootfsPath: '/a,b "c"/rootfs',
    configDrivePath: 'config.img',
    diskPath: 'disk.img',
    network: { kind: 'user', ports: [80] },
  });
  const nodes = args.filter((_, i) => args[i - 1] === '-blockdev').map((text) => JSON.parse(text));
  assert.deepEqual(
    nodes.map((node) => [node['node-name'], node.file.filename, node['read-only']]),
    [
      ['rootfs', '/a,b "c"/rootfs', true],
      ['config', 'config.img', true],
      ['disk', 'disk.img', false],
    ],
  );
  assert.equal(args[args.indexOf('-smp') + 1], '1');
  assert.match(args[args.indexOf('-netdev') + 1] ?? '', /restrict=on.*hostfwd=tcp:127\.0\.0\.1:0-/);
});
