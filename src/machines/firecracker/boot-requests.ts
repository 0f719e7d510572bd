/** What Firecracker is told before its guest starts, in the order it is told: pure. */
import { JAIL_FILES } from './jail.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** Firecracker's own limit (MachineConfiguration.vcpu_count). */
export const MAX_VCPUS = 32;

/** One vCPU, or an even number: Firecracker takes no other. The cgroup sets the exact share. */
export function vcpuCount(cpus: number): number {
  const whole = Math.max(1, Math.ceil(cpus));
  return whole === 1 ? 1 : whole + (whole % 2);
}

export interface BootOptions {
  readonly cpus: number;
  readonly memoryMib: number;
  readonly kernelCommandLine: string;
  readonly tapName: string;
  readonly guestMac: string;
  readonly mtu: number;
}

export function bootRequests(options: BootOptions): readonly ApiRequest[] {
  const put = (path: string, body: Record<string, unknown>): ApiRequest => ({
    method: 'PUT',
    path,
    body,
  });
  const inJail = (name: keyof typeof JAIL_FILES) => `/${JAIL_FILES[name]}`;
  const drive = (id: 'rootfs' | 'config' | 'disk', readOnly: boolean) =>
    put(`/drives/${id}`, {
      drive_id: id,
      // The root file system is the initramfs; guestd finds the drives by their first bytes.
      is_root_device: false,
      is_read_only: readOnly,
      path_on_host: inJail(id),
      // A guest's flush reaches the disk, as with the other driver.
      cache_type: readOnly ? 'Unsafe' : 'Writeback',
    });
  return [
    put('/logger', { log_path: inJail('log'), level: 'Warning', show_level: true }),
    put('/metrics', { metrics_path: inJail('metrics') }),
    put('/machine-config', {
      vcpu_count: vcpuCount(options.cpus),
      mem_size_mib: options.memoryMib,
      smt: false,
    }),
    put('/boot-source', {
      kernel_image_path: inJail('kernel'),
      initrd_path: inJail('initramfs'),
      boot_args: options.kernelCommandLine,
    }),
    drive('rootfs', true),
    drive('config', true),
    drive('disk', false),
    put('/network-interfaces/net0', {
      iface_id: 'net0',
      host_dev_name: options.tapName,
      guest_mac: options.guestMac,
      mtu: options.mtu,
    }),
    put('/entropy', {}),
    put('/serial', { serial_out_path: inJail('console') }),
  ];
}

export const START_REQUEST: ApiRequest = {
  method: 'PUT',
  path: '/actions',
  body: { action_type: 'InstanceStart' },
};

export function stateRequest(state: 'Paused' | 'Resumed'): ApiRequest {
  return { method: 'PATCH', path: '/vm', body: { state } };
}
