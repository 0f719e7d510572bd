import { firecrackerErrors, type NetworkKind } from '../machines/machines.ts';
import type { Configuration } from './configuration.ts';
import { mainErrors } from './errors.ts';

export interface HostFacts {
  readonly kvm: { readonly works: boolean; readonly reason: string };
  /** Are Firecracker's programs there? */
  readonly firecracker: boolean;
  /** The jailer and network namespaces need it. */
  readonly root: boolean;
}

export interface DriverChoice {
  readonly driver: 'qemu' | 'firecracker';
  readonly acceleration: 'kvm' | 'tcg';
  readonly network: NetworkKind;
}

/**
 * What machines run with on this host: Firecracker where all it needs is there, else QEMU.
 * @throws driver_unavailable, firecracker_missing when the configuration asks for what this host does not have
 */
export function chooseDriver(
  wanted: Pick<Configuration, 'driver' | 'network'>,
  host: HostFacts,
): DriverChoice {
  const acceleration = host.kvm.works ? 'kvm' : 'tcg';
  const missing = firecrackerLacks(host);
  if (wanted.driver === 'firecracker' && host.kvm.works && !host.firecracker)
    throw firecrackerErrors.firecracker_missing(
      'SWARM_DRIVER is firecracker, but its programs are not there.',
    );
  if (wanted.driver === 'firecracker' && missing !== undefined)
    throw mainErrors.driver_unavailable(`SWARM_DRIVER is firecracker, but ${missing}`);
  if (wanted.driver === 'firecracker' && wanted.network === 'user')
    throw mainErrors.driver_unavailable('Firecracker knows only the network tap.');
  const useFirecracker =
    wanted.driver === 'firecracker' ||
    (wanted.driver === 'auto' && missing === undefined && wanted.network !== 'user');
  const network = wanted.network === 'auto' ? (useFirecracker ? 'tap' : 'user') : wanted.network;
  if (network === 'tap' && !host.root)
    throw mainErrors.driver_unavailable(
      'SWARM_NETWORK is tap, which needs root for network namespaces.',
    );
  return { driver: useFirecracker ? 'firecracker' : 'qemu', acceleration, network };
}

function firecrackerLacks(host: HostFacts): string | undefined {
  if (!host.kvm.works) return `it needs KVM. ${host.kvm.reason}`;
  if (!host.firecracker) return 'its programs are not there.';
  if (!host.root) return 'its jailer needs root.';
  return undefined;
}
