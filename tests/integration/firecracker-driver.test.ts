/**
 * The firecracker driver against a fake jailer and a fake Firecracker that judges every request
 * by Firecracker's own API document. What needs a guest is in tests/kvm.
 */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SwarmError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { GUESTD_PORT } from '../../src/contracts/guest.ts';
import type { MachineDriver, MachineSpec } from '../../src/machines/driver.ts';
import { createFirecrackerDriver } from '../../src/machines/firecracker/firecracker-driver.ts';
import { createTapNetworks } from '../../src/machines/network/tap.ts';
import { apiDocumentMissing } from './fixtures/firecracker/api-document.ts';
import { writeFakePrograms } from './fixtures/firecracker/fake-programs.ts';
import { inNetworkNamespace } from './fixtures/network-namespace.ts';

const skip = apiDocumentMissing();
if (skip !== false) test('the firecracker driver speaks Firecracker’s API', { skip });
else
  inNetworkNamespace(
    { url: import.meta.url, name: 'the firecracker driver, without KVM', timeoutMs: 120_000 },
    defineTests,
  );

function defineTests(): void {
  const root = mkdtempSync(join(tmpdir(), 'swarm-firecracker-'));
  const machinesDir = join(root, 'machines');
  const programs = writeFakePrograms(root);
  const files = { kernel: join(root, 'kernel'), rootfs: join(root, 'rootfs') };
  let commandLine = 'console=ttyS0';
  const makeDriver = () =>
    createFirecrackerDriver({
      machinesDir,
      ...programs,
      log: silentLogger,
      kernelCommandLine: () => commandLine,
      tapNetworks: createTapNetworks({ machinesFolder: machinesDir }),
    });
  let driver: MachineDriver;
  let count = 0;

  const spec = (changes: Partial<MachineSpec> = {}): MachineSpec => {
    const machineId = `m_${++count}`;
    return {
      machineId,
      cpus: 1,
      memoryMib: 128,
      diskMib: 32,
      kernelPath: files.kernel,
      initramfsPath: files.kernel,
      rootfsPath: files.rootfs,
      network: 'tap',
      ports: [8000],
      guestConfig: {
        version: 1,
        machineId,
        token: 'a'.repeat(64),
        hostname: 'guest',
        guestdPort: GUESTD_PORT,
        network: {
          address: '10.0.2.15',
          prefixLength: 24,
          gateway: '10.0.2.2',
          dns: '10.0.2.3',
          mtu: 1500,
        },
      },
      ...changes,
    };
  };
  const jailRoot = (machineId: string) =>
    join(machinesDir, machineId, 'jail/firecracker', machineId.replaceAll('_', '-'), 'root');
  const requests = (machineId: string) =>
    readFileSync(join(jailRoot(machineId), 'requests.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { method: string; path: string; status: number });
  const started = async (changes: Partial<MachineSpec> = {}): Promise<string> => {
    const made = spec(changes);
    await driver.create(made);
    await driver.start(made.machineId);
    return made.machineId;
  };
  const pidOf = async (machineId: string): Promise<number> =>
    (await driver.inspect(machineId)).pid ?? 0;

  before(async () => {
    mkdirSync(machinesDir);
    writeFileSync(files.kernel, 'kernel');
    writeFileSync(files.rootfs, 'rootfs');
    chmodSync(files.kernel, 0o644);
    chmodSync(files.rootfs, 0o644);
    driver = await makeDriver();
  });
  after(async () => {
    for (const machineId of await driver.list()) await driver.remove(machineId);
    await driver.close();
    rmSync(root, { recursive: true, force: true });
  });

  test('every request fits the API, in an order Firecracker accepts', async () => {
    const machineId = await started({ cpus: 3 });
    const sent = requests(machineId);
    assert.deepEqual(
      sent.filter(({ status }) => status >= 400),
      [],
    );
    assert.equal(sent.at(-1)?.path, '/actions');
    const paths = sent.map(({ path }) => path);
    assert.ok(paths.indexOf('/logger') < paths.indexOf('/machine-config'));
    assert.ok(await driver.waitForConsole(machineId, { text: 'guestd: ready', timeoutMs: 5_000 }));
    assert.match(await driver.console(machineId, { maxBytes: 1000 }), /console=ttyS0/);
    assert.equal(await driver.waitForConsole(machineId, { text: 'no such', timeoutMs: 50 }), false);
    await driver.remove(machineId);
  });

  test('it runs as a uid of its own, in its namespace and cgroup, with nothing it could spoil', async () => {
    const machineId = await started();
    const other = await started();
    const pid = await pidOf(machineId);
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const uid = Number(/^Uid:\t(\d+)/m.exec(status)?.[1]);
    const otherUid = /^Uid:\t(\d+)/m.exec(
      readFileSync(`/proc/${await pidOf(other)}/status`, 'utf8'),
    )?.[1];
    assert.ok(uid >= 0x70000000);
    assert.notEqual(String(uid), otherUid);
    assert.match(status, /^Groups:\t *$/m);
    if (driver.capabilities.limitsMissing === undefined)
      assert.match(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), new RegExp(`/${machineId}$`, 'm'));
    // Shared files are the same files, not copies, and not this machine's.
    const rootfs = statSync(join(jailRoot(machineId), 'rootfs.img'));
    assert.equal(rootfs.ino, statSync(files.rootfs).ino);
    assert.equal(rootfs.uid, 0);
    assert.equal(rootfs.mode & 0o022, 0);
    const config = statSync(join(jailRoot(machineId), 'config.img'));
    assert.deepEqual([config.uid, config.gid, config.mode & 0o777], [0, uid, 0o440]);
    await driver.remove(machineId);
    await driver.remove(other);
  });

  test('a rootfs that only root may read is copied for the machine', async () => {
    const rootfsPath = join(root, 'private-rootfs');
    writeFileSync(rootfsPath, 'rootfs');
    chmodSync(rootfsPath, 0o600);
    const machineId = await started({ rootfsPath });
    assert.equal(statSync(rootfsPath).mode & 0o777, 0o600);
    assert.equal(statSync(rootfsPath).uid, 0);
    await driver.remove(machineId);
  });

  test('pause, resume, kill and start again', async () => {
    const machineId = await started();
    const first = await driver.inspect(machineId);
    assert.equal(first.state, 'running');
    assert.deepEqual([...first.endpoints.keys()], [8000, GUESTD_PORT]);
    assert.ok((first.usage?.memoryBytes ?? 0) > 0);
    await driver.pause(machineId);
    assert.equal((await driver.inspect(machineId)).state, 'paused');
    await driver.resume(machineId);
    assert.equal((await driver.inspect(machineId)).state, 'running');
    assert.equal(await driver.wait(machineId, { timeoutMs: 20 }), false);
    await driver.start(machineId);
    assert.equal(await pidOf(machineId), first.pid, 'starting what runs changes nothing');
    await driver.kill(machineId);
    await driver.kill(machineId);
    assert.equal(await driver.wait(machineId, { timeoutMs: 5_000 }), true);
    assert.equal((await driver.inspect(machineId)).state, 'exited');
    await assert.rejects(driver.pause(machineId), { code: 'machine_not_running' });
    await driver.start(machineId);
    assert.equal((await driver.inspect(machineId)).state, 'running');
    await driver.remove(machineId);
    assert.equal((await driver.inspect(machineId)).state, 'absent');
  });

  test('a driver made later adopts what runs, also when its process was never recorded', async () => {
    const machineId = await started();
    const pid = await pidOf(machineId);
    await driver.close();
    // As if swarmd had ended while the jailer forked: vmm.pid names the jailer, which is gone.
    writeFileSync(join(machinesDir, machineId, 'vmm.pid'), '1 (gone) S 0\nno-such-boot\n');
    driver = await makeDriver();
    assert.equal(await pidOf(machineId), pid);
    assert.equal((await driver.inspect(machineId)).state, 'running');
    await driver.pause(machineId);
    await driver.remove(machineId);
    assert.ok(!existsSync(`/proc/${pid}`) || /^State:\tZ/m.test(readStatus(pid)));
  });

  test('a refusal is told in Firecracker’s words, and leaves no process', async () => {
    commandLine = 'fake-refuse=/entropy';
    const refused = spec();
    await driver.create(refused);
    await assert.rejects(driver.start(refused.machineId), (error: SwarmError) => {
      assert.ok(error instanceof SwarmError);
      assert.equal(error.code, 'vmm_start_failed');
      assert.match(error.message, /PUT \/entropy: refused by test/);
      return true;
    });
    assert.equal((await driver.inspect(refused.machineId)).state, 'exited');
    commandLine = 'fake-exit';
    await assert.rejects(driver.start(refused.machineId), { code: 'vmm_start_failed' });
    commandLine = 'console=ttyS0';
    await driver.start(refused.machineId);
    assert.equal((await driver.inspect(refused.machineId)).state, 'running');
    await driver.remove(refused.machineId);
  });

  test('what a jailer says when it fails is in the error', async () => {
    const machine = spec();
    await driver.create(machine);
    const broken = await createFirecrackerDriver({
      machinesDir,
      ...programs,
      jailerPath: join(root, 'no-jailer'),
      log: silentLogger,
      kernelCommandLine: () => commandLine,
      tapNetworks: createTapNetworks({ machinesFolder: machinesDir }),
    });
    await assert.rejects(broken.start(machine.machineId), /no-jailer/);
    await broken.close();
    await driver.remove(machine.machineId);
  });

  test('wrong specs are refused, and nothing is left of them', async () => {
    for (const changes of [{ cpus: 33 }, { network: 'user' as const }, { memoryMib: 1 }]) {
      const wrong = spec(changes);
      await assert.rejects(async () => driver.create(wrong), SwarmError);
      assert.equal((await driver.inspect(wrong.machineId)).state, 'absent');
    }
    assert.deepEqual(await driver.list(), []);
  });
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return 'State:\tZ';
  }
}
