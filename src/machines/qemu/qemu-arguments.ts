/** The command line of QEMU for one machine; why each part is there: docs/decisions/0002. */
import { GUEST_NETWORK } from '../../contracts/guest.ts';

export type Acceleration = 'kvm' | 'tcg';

/** The sockets, relative to the machine's folder, where QEMU runs. */
export const SOCKET_FOLDER = 'sockets';
export const QMP_SOCKET = `${SOCKET_FOLDER}/qmp`;
export const CONSOLE_SOCKET = `${SOCKET_FOLDER}/console`;

export interface QemuMachine {
  readonly qemuPath: string;
  readonly machineId: string;
  readonly acceleration: Acceleration;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly kernelPath: string;
  readonly initramfsPath: string;
  readonly kernelCommandLine: string;
  readonly rootfsPath: string;
  readonly configDrivePath: string;
  readonly diskPath: string;
  readonly network:
    | { readonly kind: 'user'; readonly ports: readonly number[] }
    | { readonly kind: 'tap'; readonly tapName: string; readonly guestMac: string };
}

const USER_MAC = '52:54:00:12:34:56';
/** QEMU's own default grows with the host's memory; a machine's limit must hold it (TCG). */
export const TRANSLATION_CACHE_MIB = 128;

export function qemuArguments(machine: QemuMachine): string[] {
  return [
    machine.qemuPath,
    ...['-name', `guest=${machine.machineId}`],
    // Nothing but what is named here.
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-sandbox', SECCOMP_FILTER],
    // Stopped until its ports are known and its console is read.
    '-S',
    ...['-M', 'microvm,acpi=on,rtc=on,usb=off,graphics=off'],
    ...accelerator(machine.acceleration),
    ...['-smp', String(Math.max(1, Math.ceil(machine.cpus))), '-m', `${machine.memoryMib}M`],
    ...['-kernel', machine.kernelPath, '-initrd', machine.initramfsPath],
    ...['-append', machine.kernelCommandLine],
    ...drive('rootfs', { path: machine.rootfsPath, readOnly: true }),
    ...drive('config', { path: machine.configDrivePath, readOnly: true }),
    ...drive('disk', { path: machine.diskPath, readOnly: false }),
    ...network(machine.network),
    ...['-device', 'virtio-rng-device'],
    ...serverSocket('qmp', QMP_SOCKET),
    ...['-mon', 'chardev=qmp,mode=control'],
    ...serverSocket('console', CONSOLE_SOCKET),
    ...['-serial', 'chardev:console'],
  ];
}

/** QEMU's own seccomp filter: no new processes, no more rights, no old system calls. */
const SECCOMP_FILTER = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny';

function accelerator(acceleration: Acceleration): string[] {
  if (acceleration === 'kvm') return ['-accel', 'kvm', '-cpu', 'host'];
  return ['-accel', `tcg,thread=multi,tb-size=${TRANSLATION_CACHE_MIB}`, '-cpu', 'max'];
}

/** As JSON, so that a path may hold any character. */
function drive(name: string, file: { path: string; readOnly: boolean }): string[] {
  const node = {
    driver: 'raw',
    'node-name': name,
    'read-only': file.readOnly,
    file: { driver: 'file', filename: file.path, 'read-only': file.readOnly, locking: 'on' },
    ...(file.readOnly ? {} : { discard: 'unmap' }),
  };
  return ['-blockdev', JSON.stringify(node), '-device', `virtio-blk-device,drive=${name}`];
}

function network(network: QemuMachine['network']): string[] {
  if (network.kind === 'tap') {
    const netdev = `tap,id=net0,ifname=${network.tapName},script=no,downscript=no`;
    return ['-netdev', netdev, '-device', `virtio-net-device,netdev=net0,mac=${network.guestMac}`];
  }
  const { address, prefixLength, gateway, dns } = GUEST_NETWORK;
  const netdev = [
    'user,id=net0,restrict=on,ipv6=off',
    `net=${gateway}/${prefixLength},host=${gateway},dns=${dns},dhcpstart=${address}`,
    ...network.ports.map((port) => `hostfwd=tcp:127.0.0.1:0-${address}:${port}`),
  ].join(',');
  return ['-netdev', netdev, '-device', `virtio-net-device,netdev=net0,mac=${USER_MAC}`];
}

function serverSocket(id: string, path: string): string[] {
  return ['-chardev', `socket,id=${id},path=${path},server=on,wait=off`];
}
