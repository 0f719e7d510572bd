/** The machines layer on the qemu driver: the contract, and what only a real guest can do. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SwarmError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { waitUntil } from '../../src/base/wait.ts';
import type { EgressConnection } from '../../src/contracts/egress.ts';
import { EXEC_FRAME } from '../../src/contracts/guest.ts';
import { type BootAssets, kernelCommandLine } from '../../src/machines/boot/boot.ts';
import {
  createMachines,
  type HostMachines,
  type MachinesOptions,
} from '../../src/machines/create-machines.ts';
import { PROBE_PORT } from '../../src/machines/driver-contract.ts';
import type { MachineRequest, Machines } from '../../src/machines/machines.ts';
import { machinesContract } from '../../src/machines/machines-contract.ts';
import { createQemuDriver } from '../../src/machines/qemu/qemu-driver.ts';
import { probeAssets } from './fixtures/probe-machine.ts';

const assets = await probeAssets();

async function openMachines(
  homeDir: string,
  bootAssets: BootAssets = assets,
  onEgress?: MachinesOptions['onEgress'],
): Promise<HostMachines> {
  const driver = await createQemuDriver({
    machinesDir: join(homeDir, 'machines'),
    acceleration: 'tcg',
    log: silentLogger,
    kernelCommandLine: ({ acceleration }) => kernelCommandLine({ driver: 'qemu', acceleration }),
  });
  const options = { driver, homeDir, bootAssets, network: 'user', log: silentLogger } as const;
  return createMachines({ ...options, ...(onEgress === undefined ? {} : { onEgress }) });
}

function probeRequest(machineId: string, argv = ['/bin/probe-agent']): MachineRequest {
  return {
    machineId,
    hostname: machineId,
    cpus: 1,
    memoryMib: 256,
    diskMib: 256,
    rootfsPath: assets.rootfsPath,
    port: PROBE_PORT,
    process: { argv, env: {}, cwd: '/', user: '' },
    bootTimeoutMs: 60_000,
  };
}

async function ask(machines: Machines, machineId: string, path: string): Promise<void> {
  const endpoint = machines.endpoint(machineId, PROBE_PORT);
  assert.ok(endpoint);
  const url = `http://${endpoint.host}:${endpoint.port}${path}`;
  await fetch(url, { signal: AbortSignal.timeout(20_000) }).then(
    (response) => response.text(),
    () => undefined, // It ended instead of answering.
  );
}

machinesContract({
  name: 'qemu/user',
  async make() {
    const homeDir = await mkdtemp(join(tmpdir(), 'swarm-machines-'));
    return {
      open: () => openMachines(homeDir),
      request: (machineId) => probeRequest(machineId),
      brokenRequest: (machineId) => probeRequest(machineId, ['/no/such/program']),
      say: (machines, machineId, text) =>
        ask(machines, machineId, `/say?text=${encodeURIComponent(text)}`),
      endProcess: (machines, machineId, exitCode) =>
        ask(machines, machineId, `/exit?code=${exitCode}`),
      async die(machines, machineId) {
        const { pid } = await machines.inspect(machineId);
        assert.ok(pid);
        process.kill(pid, 'SIGKILL');
      },
      close: () => rm(homeDir, { recursive: true }),
    };
  },
});

const home = await mkdtemp(join(tmpdir(), 'swarm-machines-'));
after(() => rm(home, { recursive: true }));

test('a machine that cannot boot is gone, and its console says why', {
  timeout: 60_000,
}, async () => {
  const initramfsPath = join(home, 'nothing.cpio');
  await writeFile(initramfsPath, '');
  const machines = await openMachines(home, { ...assets, initramfsPath });
  try {
    await assert.rejects(machines.start(probeRequest('no-init')), (error) => {
      assert.ok(error instanceof SwarmError);
      assert.equal(error.code, 'machine_boot_failed');
      assert.match(String(error.details.console), /panic/);
      return true;
    });
    assert.deepEqual(await machines.list(), []);
    assert.equal(existsSync(join(home, 'machines/no-init')), false);
  } finally {
    await machines.close();
  }
});

test('a boot that hangs is tried again, then given up', { timeout: 60_000 }, async () => {
  const machines = await openMachines(home, {
    ...assets,
    initramfsPath: assets.floodInitramfsPath,
  });
  try {
    const request = { ...probeRequest('hangs'), bootTimeoutMs: 3_000 };
    await assert.rejects(machines.start(request), (error) => {
      assert.ok(error instanceof SwarmError);
      assert.equal(error.code, 'machine_boot_failed');
      assert.equal(error.details.attempts, 2);
      return true;
    });
    assert.deepEqual(await machines.list(), []);
    const aborted = new AbortController();
    const starting = machines.start({ ...probeRequest('hangs'), signal: aborted.signal });
    setTimeout(() => aborted.abort(new Error('no longer wanted')), 300);
    await assert.rejects(starting, /no longer wanted/);
    assert.deepEqual(await machines.list(), []);
  } finally {
    await machines.close();
  }
});

test('exec, a flood of lines, and a rotated log', { timeout: 120_000 }, async () => {
  const machines = await openMachines(home);
  const machineId = 'busy';
  try {
    await machines.start(probeRequest(machineId));
    const stream = await machines.exec(machineId, {
      ...probeRequest(machineId, ['/bin/probe-agent', 'echo', 'through', 'exec']).process,
      tty: false,
    });
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
    const said = Buffer.concat(chunks);
    assert.equal(said[0], EXEC_FRAME.stdout);
    assert.match(said.toString(), /through exec\n/);
    assert.match(said.toString(), /"exitCode":0/);

    const listens = await waitUntil(
      async () => (await machines.status(machineId, { timeoutMs: 20_000 }))?.listening.length === 1,
      { timeoutMs: 30_000 },
    );
    assert.equal(listens, true);
    await ask(machines, machineId, '/say?text=line&n=2000');
    await ask(machines, machineId, '/say?text=the-end');
    let newest = '';
    const query = { tail: 1, follow: true, signal: AbortSignal.timeout(30_000) };
    for await (const record of machines.logs(machineId, query)) {
      newest = record.text;
      if (newest.startsWith('the-end')) break;
    }
    assert.match(newest, /^the-end/);
    let count = 0;
    let previous = 0;
    for await (const record of machines.logs(machineId, {})) {
      assert.equal(record.seq, previous + 1, 'no line is doubled or left out');
      previous = record.seq;
      count++;
    }
    assert.ok(count > 1_000);
  } finally {
    await machines.remove(machineId, { logs: true });
    await machines.close();
  }
});

test('a port beside the one for calls is reached too, as a health check needs', {
  timeout: 120_000,
}, async () => {
  const machines = await openMachines(home);
  try {
    const request = probeRequest('extra-port');
    await machines.start({ ...request, port: PROBE_PORT + 1, extraPorts: [PROBE_PORT] });
    assert.ok(machines.endpoint('extra-port', PROBE_PORT + 1));
    const endpoint = machines.endpoint('extra-port', PROBE_PORT);
    assert.ok(endpoint);
    const answer = await waitUntil(
      () =>
        fetch(`http://${endpoint.host}:${endpoint.port}/`, {
          signal: AbortSignal.timeout(20_000),
        }).then(
          (response) => response.text(),
          () => undefined, // It does not listen yet.
        ),
      { timeoutMs: 60_000 },
    );
    assert.equal(answer, 'hello from extra-port\n');
  } finally {
    await machines.remove('extra-port', { logs: true });
    await machines.close();
  }
});

test('the way out outlives swarmd, and is shut while a machine is paused or gone', {
  timeout: 180_000,
}, async () => {
  const machineId = 'way-out';
  const taken: EgressConnection[] = [];
  const onEgress = (connection: EgressConnection) => {
    taken.push(connection);
    connection.stream.on('error', () => undefined);
    connection.stream.pipe(connection.stream);
  };
  let machines = await openMachines(home, assets, onEgress);
  const echo = async () => {
    const endpoint = machines.endpoint(machineId, PROBE_PORT);
    assert.ok(endpoint);
    const url = `http://127.0.0.1:${endpoint.port}/echo?to=api.example.com:443&text=out`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(60_000) });
    assert.equal(await answer.text(), 'out\n');
    const { stream: _stream, ...head } = taken.at(-1) ?? {};
    assert.deepEqual(head, { machineId, kind: 'captured', port: 443, name: 'api.example.com' });
  };
  try {
    const authority = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    await machines.start({ ...probeRequest(machineId), egress: { authority } });
    const listens = await waitUntil(
      async () =>
        (await machines.status(machineId, { timeoutMs: 20_000 }))?.listening.includes(PROBE_PORT),
      { timeoutMs: 30_000 },
    );
    assert.equal(listens, true);
    await echo();
    await machines.close();
    machines = await openMachines(home, assets, onEgress);
    assert.equal(await machines.adopt(machineId), true);
    await echo();
    const held = await machines.exec(machineId, {
      ...probeRequest(machineId, ['/bin/probe-agent', 'hold', '198.51.100.7:80']).process,
      tty: false,
    });
    held.on('error', () => undefined).resume();
    const holds = await waitUntil(() => taken.at(-1)?.port === 80, { timeoutMs: 30_000 });
    assert.equal(holds, true);
    await machines.pause(machineId);
    assert.ok(taken.every(({ stream }) => stream.destroyed));
    await machines.resume(machineId);
    await echo();
    await machines.kill(machineId);
    assert.ok(taken.every(({ stream }) => stream.destroyed));
  } finally {
    await machines.remove(machineId, { logs: true });
    await machines.close();
  }
});
