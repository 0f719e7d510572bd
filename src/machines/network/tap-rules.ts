/**
 * The nftables rules of a tap network: pure texts. Two rule sets, so that each half holds when
 * the other does not: one in the machine's namespace, one where swarmd runs.
 */
import { GUEST_NETWORK } from '../../contracts/guest.ts';
import { TAP_GUEST_MAC, TAP_NAME } from './network.ts';

/** A guest needs one ARP answer a minute; what comes above this is a flood. */
const ARP_PACKETS_PER_SECOND = 10;

/**
 * The one place that decides about connections which the guest starts: none is let through. A
 * process gets out over connections that the host started (docs/guest-protocol.md).
 */
function egressChain(): string {
  return `
  chain egress {
    counter name refused drop
  }`;
}

/** Rules inside the namespace, for a namespace that has none yet; `link` leads to the host. */
export function namespaceRules(options: { ports: readonly number[]; link: string }): string {
  const { link } = options;
  const guest = GUEST_NETWORK.address;
  const ports = [...new Set(options.ports)].sort((a, b) => a - b).join(', ');
  return `
table netdev swarm {
  counter spoofed {}
  counter other_protocols {}
  counter link_local {}
  chain from_guest {
    type filter hook ingress device "${TAP_NAME}" priority -500; policy drop;
    ether saddr != ${TAP_GUEST_MAC} counter name spoofed drop
    ether type ip ip saddr != ${guest} counter name spoofed drop
    ether type ip ip daddr 169.254.0.0/16 counter name link_local drop
    ether type ip accept
    ether type arp arp saddr ether != ${TAP_GUEST_MAC} counter name spoofed drop
    ether type arp arp saddr ip != ${guest} counter name spoofed drop
    ether type arp arp daddr ip ${GUEST_NETWORK.gateway} limit rate ${ARP_PACKETS_PER_SECOND}/second accept
    counter name other_protocols
  }
}
table ip swarm {
  counter refused {}
${egressChain()}
  chain arriving {
    type filter hook prerouting priority -150; policy accept;
    iifname "${TAP_NAME}" ct state established ct direction reply accept
    iifname "${TAP_NAME}" goto egress
  }
  chain to_guest {
    type nat hook prerouting priority -100; policy accept;
    iifname "${link}" tcp dport { ${ports} } dnat to ${guest}
  }
  chain as_gateway {
    type nat hook postrouting priority 100; policy accept;
    oifname "${TAP_NAME}" snat to ${GUEST_NETWORK.gateway}
  }
  chain forward {
    type filter hook forward priority 0; policy drop;
    iifname "${link}" oifname "${TAP_NAME}" ct status dnat accept
    iifname "${TAP_NAME}" oifname "${link}" ct state established ct direction reply accept
  }
  chain input {
    type filter hook input priority 0; policy drop;
    iifname "${link}" meta l4proto tcp reject with tcp reset
  }
  chain output {
    type filter hook output priority 0; policy drop;
    oifname "${link}" tcp flags & rst == rst accept
    oifname "${link}" icmp type destination-unreachable accept
  }
}
`;
}

/** Of the rules where swarmd runs. */
export const HOST_TABLE = 'swarm_machines';

/**
 * Rules where swarmd runs, one set for all machines of all installations: only root's own
 * processes reach a machine, nothing is forwarded to or from one, and a machine can start
 * nothing even if its VMM were taken over. Stateless, so that it switches on no connection
 * tracking for the rest of the host. Applying it again changes nothing.
 */
function hostRules(): string {
  const t = `inet ${HOST_TABLE}`;
  return `
add table ${t}
add set ${t} machines { type ifname; }
add map ${t} guarded { type ifname : verdict; }
add chain ${t} guard
add chain ${t} leaving { type filter hook output priority 0; policy accept; }
add chain ${t} passing { type filter hook forward priority -10; policy accept; }
add chain ${t} arriving { type filter hook input priority -10; policy accept; }
flush chain ${t} guard
flush chain ${t} leaving
flush chain ${t} passing
flush chain ${t} arriving
add rule ${t} guard meta skuid != 0 reject
add rule ${t} leaving oifname vmap @guarded
add rule ${t} passing iifname @machines drop
add rule ${t} passing oifname @machines drop
add rule ${t} arriving iifname @machines tcp flags & (syn | ack) == syn drop
add rule ${t} arriving iifname @machines meta l4proto != { tcp, icmp } drop
add rule ${t} arriving iifname @machines icmp type != destination-unreachable drop
`;
}

/** Puts the host's end of a link under the host's rules. Idempotent. */
export function guardLinkRules(hostLink: string): string {
  return `${hostRules()}
add element inet ${HOST_TABLE} machines { "${hostLink}" }
add element inet ${HOST_TABLE} guarded { "${hostLink}" : jump guard }
`;
}

/** Undoes guardLinkRules. Idempotent: what is to be deleted is added first. */
export function unguardLinkRules(hostLink: string): string {
  return `${guardLinkRules(hostLink)}
delete element inet ${HOST_TABLE} guarded { "${hostLink}" }
delete element inet ${HOST_TABLE} machines { "${hostLink}" }
`;
}

/**
 * Removes the host's rules when no machine uses them, and fails otherwise: the kernel refuses to
 * delete a chain that an element of the map still jumps to, so this cannot race with a machine
 * that is being made by another process.
 */
export function removeUnusedHostRules(): string {
  return `
delete chain inet ${HOST_TABLE} guard
delete table inet ${HOST_TABLE}
`;
}
