/** On a tap network QEMU runs as a user that only this machine has. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mustRun, run } from '../../src/base/command.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { GUESTD_READY_LINE } from '../../src/contracts/guest.ts';
import { kernelCommandLine } from '../../src/machines/boot/boot.ts';
import { createTapNetworks } from '../../src/machines/network/tap.ts';
import { createQemuDriver } from '../../src/machines/qemu/qemu-driver.ts';
import { inNetworkNamespace } from './fixtures/network-namespace.ts';
import { probeAssets, probeSpec } from './fixtures/probe-machine.ts';

inNetworkNamespace(
  {
    url: import.meta.url,
    name: 'QEMU as a user of its own',
    timeoutMs: 180_000,
    prepare: probeAssets,
  },
  () => {
    test('QEMU has no rights but to its own files', ownUser);
  },
);

async function ownUser(): Promise<void> {
  // As udev makes it everywhere; this mount namespace is the test's own.
  const limits = { timeoutMs: 5_000 };
  await mustRun('mount', ['-t', 'tmpfs', 'none', '/dev/net'], limits);
  await mustRun('mknod', ['-m', '666', '/dev/net/tun', 'c', '10', '200'], limits);

  const machinesDir = await mkdtemp(join(tmpdir(), 'swarm-own-user-'));
  const driver = await createQemuDriver({
    machinesDir,
    acceleration: 'tcg',
    log: silentLogger,
    kernelCommandLine: ({ acceleration }) => kernelCommandLine({ driver: 'qemu', acceleration }),
    tapNetworks: createTapNetworks({ machinesFolder: machinesDir }),
  });
  const machineId = 'own-user';
  try {
    await driver.create(probeSpec(await probeAssets(), { machineId, network: 'tap' }));
    await driver.start(machineId);
    const ready = { text: GUESTD_READY_LINE, timeoutMs: 60_000 };
    assert.equal(await driver.waitForConsole(machineId, ready), true);

    const { pid } = await driver.inspect(machineId);
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]);
    assert.ok(uid > 65_535, `uid ${uid}`);
    assert.match(status, /^CapEff:\s+0+$/m);
    assert.match(status, /^CapBnd:\s+0+$/m);
    assert.match(status, /^NoNewPrivs:\s+1$/m);
    assert.match(status, /^Seccomp:\s+2$/m);
    assert.match(status, /^Groups:\s*$/m);

    const folder = join(machinesDir, machineId);
    assert.equal((await stat(join(folder, 'disk.img'))).uid, uid);
    const asMachine = (file: string) =>
      run('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'touch', file], {
        cwd: folder,
        timeoutMs: 5_000,
      });
    for (const file of ['vmm.pid', 'spec.json', 'config.img', 'console.log', 'another', 'rootfs'])
      assert.notEqual((await asMachine(file)).exitCode, 0, `${file} can be written by the VMM`);
    assert.equal((await asMachine('disk.img')).exitCode, 0);
  } finally {
    await driver.remove(machineId);
    await driver.close();
    await rm(machinesDir, { recursive: true });
  }
}
