/**
 * (a) A machine without Swarm: QEMU with arguments written here by hand, the same kernel,
 * initramfs, rootfs and process. Timed from the start of QEMU to the agent's first answer.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '../../src/base/wait.ts';
import { GUEST_NETWORK, GUESTD_PORT, type GuestProcessSpec } from '../../src/contracts/guest.ts';
import { makeDisk, writeConfigDrive } from '../../src/machines/drives.ts';
import type { RunningMachine } from './running-machine.ts';

export interface BareMachine {
  readonly like: RunningMachine;
  readonly process: GuestProcessSpec;
  readonly agentPort: number;
  readonly healthPath: string;
  readonly memoryMib: number;
  readonly timeoutMs: number;
}

/** Looks that often, as tightly as does not disturb a guest on the same cores. */
const POLL_MS = 20;

/** @returns milliseconds from the start of QEMU to the agent's first answer with 2xx */
export async function timeBareVmm(machine: BareMachine): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'bare-vmm-'));
  const token = randomBytes(32).toString('hex');
  let child: ChildProcess | undefined;
  try {
    await prepare(folder, token);
    const [guestdPort, agentPort] = [await freePort(), await freePort()];
    const args = qemuArguments({ machine, folder, guestdPort, agentPort });
    const startedAt = performance.now();
    child = spawn('qemu-system-x86_64', args, { stdio: 'ignore' });
    const deadline = startedAt + machine.timeoutMs;
    await untilOk(deadline, () => post({ port: guestdPort, token, body: machine.process }));
    await untilOk(deadline, () => answers(agentPort, machine.healthPath));
    return performance.now() - startedAt;
  } finally {
    if (child !== undefined && child.exitCode === null) {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    }
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepare(folder: string, token: string): Promise<void> {
  await writeConfigDrive(join(folder, 'config'), {
    version: 1,
    machineId: 'mch_bare',
    token,
    hostname: 'bare',
    guestdPort: GUESTD_PORT,
    network: { ...GUEST_NETWORK, mtu: 1500 },
  });
  await makeDisk(join(folder, 'disk'), { diskMib: 256 });
}

function qemuArguments(by: {
  machine: BareMachine;
  folder: string;
  guestdPort: number;
  agentPort: number;
}): string[] {
  const { like, memoryMib, agentPort } = by.machine;
  const drive = (name: string, path: string, readOnly: boolean) => [
    ...['-drive', `id=${name},file=${path},format=raw,if=none,readonly=${readOnly ? 'on' : 'off'}`],
    ...['-device', `virtio-blk-device,drive=${name}`],
  ];
  const { address } = GUEST_NETWORK;
  const forward = (host: number, guest: number) =>
    `hostfwd=tcp:127.0.0.1:${host}-${address}:${guest}`;
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', 'null'],
    ...['-M', 'microvm,acpi=on,rtc=on,usb=off,graphics=off'],
    ...['-accel', like.acceleration, '-cpu', like.cpu, '-smp', '1', '-m', `${memoryMib}M`],
    ...['-kernel', like.kernelPath, '-initrd', like.initramfsPath],
    ...['-append', like.kernelCommandLine],
    ...drive('rootfs', like.rootfsPath, true),
    ...drive('config', join(by.folder, 'config'), true),
    ...drive('disk', join(by.folder, 'disk'), false),
    '-netdev',
    `user,id=n,restrict=on,ipv6=off,${forward(by.guestdPort, GUESTD_PORT)},${forward(by.agentPort, agentPort)}`,
    ...['-device', 'virtio-net-device,netdev=n,mac=52:54:00:12:34:56'],
  ];
}

async function untilOk(deadline: number, probe: () => Promise<boolean>): Promise<void> {
  while (!(await probe())) {
    if (performance.now() > deadline) throw new Error('the bare machine did not answer in time');
    await sleep(POLL_MS);
  }
}

/** Tells guestd to start the process; false while it does not answer. */
async function post(to: { port: number; token: string; body: GuestProcessSpec }): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${to.port}/v1/process`, {
      method: 'POST',
      headers: { authorization: `Bearer ${to.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(to.body),
      signal: AbortSignal.timeout(2_000),
    });
    if (answer.ok || answer.status === 409) return true;
    throw new Refused(`guestd answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
  } catch (error) {
    if (error instanceof Refused) throw error;
    return false;
  }
}

class Refused extends Error {}

function answers(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      { host: '127.0.0.1', port, path, agent: false, timeout: 2_000 },
      (answer) => {
        answer.resume();
        resolve((answer.statusCode ?? 500) < 300);
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

/** Free a moment ago; nobody else takes ports of this range in that moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
