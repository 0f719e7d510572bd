/**
 * The tap network's port: what a driver asks for before it starts a VMM, and what it gets.
 * (The `user` network is nothing but QEMU arguments and needs no port.)
 */
import type { Endpoint } from '../driver.ts';

/**
 * The same in every machine, as the addresses are (GUEST_NETWORK): a machine has its network
 * namespace to itself, and a snapshot then fits into any other.
 */
export const TAP_GUEST_MAC = '06:00:0a:00:02:0f';
export const TAP_GATEWAY_MAC = '06:00:0a:00:02:02';
export const TAP_NAME = 'tap0';
export const TAP_MTU = 1500;

export interface TapAttachment {
  /** Put before the VMM's command line: runs it in the namespace under the same process id. */
  readonly commandPrefix: readonly string[];
  /** For a VMM that enters the namespace by itself (the jailer's --netns). */
  readonly namespacePath: string;
  /** The TAP's name inside the namespace. */
  readonly tapName: string;
  readonly guestMac: string;
  readonly mtu: number;
  /**
   * Owner of the TAP. Unless the request named one, it is a uid that no other machine on this host
   * has, far above those that users and containers get: a VMM may run as it.
   */
  readonly uid: number;
  /** Where the host reaches each guest port that was asked for. */
  readonly endpoints: ReadonlyMap<number, Endpoint>;
}

export interface TapRequest {
  readonly machineId: string;
  /** The machine's own folder: what was allocated is kept there, in `network.json`. */
  readonly folder: string;
  /** Guest TCP ports the host must reach, guestd's included. */
  readonly ports: readonly number[];
  /** Who may open the TAP besides root; default: the attachment's own uid. */
  readonly ownerUid?: number;
}

/** What the guest tried and was refused, since the network was made. */
export interface TapCounters {
  /** Packets with another source address or MAC than the guest's own. */
  readonly spoofed: number;
  /** Packets that are neither IPv4 nor permitted ARP: IPv6, VLANs, ARP beyond the limit. */
  readonly otherProtocols: number;
  /** Packets to link-local addresses, the metadata service's among them. */
  readonly linkLocal: number;
  /** Everything else the guest started. */
  readonly refused: number;
}

export interface TapNetworks {
  /**
   * Makes the machine's network, or finds it whole: idempotent, also after a crash or a reboot of
   * the host. A driver calls it in `create` and again in `start`.
   * @throws network_not_permitted, network_addresses_taken, network_failed; nothing is left then.
   */
  ensure(request: TapRequest): Promise<TapAttachment>;
  /** The network as it was made, or undefined when it is not there (any more). */
  find(machine: { machineId: string; folder: string }): Promise<TapAttachment | undefined>;
  /** Removes it all, by the machine's id alone. Idempotent. The VMM must be gone. */
  remove(machineId: string): Promise<void>;
  /** Ids of all machines of this installation of which a network is on this host. */
  list(): Promise<readonly string[]>;
  /** Undefined when there is no such network. */
  counters(machineId: string): Promise<TapCounters | undefined>;
}
