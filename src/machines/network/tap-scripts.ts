/** The shell scripts that make and remove a tap network: pure texts, each run by one `sh`. */
import { GUEST_NETWORK } from '../../contracts/guest.ts';
import { formatAddress } from './address-pool.ts';
import { TAP_GATEWAY_MAC, TAP_GUEST_MAC, TAP_MTU, TAP_NAME } from './network.ts';
import {
  guardLinkRules,
  namespaceRules,
  removeUnusedHostRules,
  unguardLinkRules,
} from './tap-rules.ts';

/** Where iproute2 keeps named network namespaces. */
export const NAMESPACE_FOLDER = '/run/netns';

/** Exit code of makeScript when another process took the same link first. */
export const LINK_TAKEN_EXIT = 75;

/**
 * The name of both ends of a link. It carries the link's address, and the kernel allows a
 * name once: making the interface is what claims the address, among all processes at once.
 */
export function linkName(link: number): string {
  return `swt-${link.toString(16).padStart(8, '0')}`;
}

export function hostLinkAddress(link: number): string {
  return formatAddress(link + 1);
}

export function machineLinkAddress(link: number): string {
  return formatAddress(link + 2);
}

/**
 * First of the 2^28 uids that machines get: systemd leaves this range unused
 * (https://systemd.io/UIDS-GIDS).
 */
const FIRST_UID = 0x70000000;

/** As unique as the link: links of the default pools never give the same. */
export function linkUid(link: number): number {
  return FIRST_UID + (Math.floor(link / 4) % 2 ** 28);
}

/** `namespace` holds letters, digits, '_' and '-' only. */
export function makeScript(options: {
  namespace: string;
  link: number;
  ports: readonly number[];
  ownerUid: number;
}): string {
  const { namespace, link } = options;
  const name = linkName(link);
  // In this order: the link is under its rules before it has an address.
  return `set -eu
ip netns add ${namespace}
ip link add ${name} mtu ${TAP_MTU} type veth peer name ${name} mtu ${TAP_MTU} netns ${namespace} || {
  ip netns del ${namespace}; exit ${LINK_TAKEN_EXIT}; }
nft -f - <<'END'
${guardLinkRules(name)}
END
nsenter --net=${NAMESPACE_FOLDER}/${namespace} sh -eu <<'END'
for switch in /proc/sys/net/ipv6/conf/*/disable_ipv6; do
  [ ! -e "$switch" ] || echo 1 > "$switch"
done
ip -batch - <<'BATCH'
${namespaceBatch(link, options.ownerUid)}
BATCH
cd /proc/sys/net/ipv4
echo 1 > conf/all/arp_ignore
echo 1 > conf/all/rp_filter
echo 1 > conf/all/ignore_routes_with_linkdown
echo 0 > conf/all/accept_redirects
echo 0 > conf/all/send_redirects
echo 1 > ip_forward
nft -f - <<'RULES'
${namespaceRules({ ports: options.ports, link: name })}
RULES
ip -batch - <<'BATCH'
link set ${TAP_NAME} up
link set ${name} up
neigh replace ${GUEST_NETWORK.address} lladdr ${TAP_GUEST_MAC} dev ${TAP_NAME} nud permanent
BATCH
END
ip -batch - <<'END'
link set ${name} addrgenmode none
addr add ${hostLinkAddress(link)}/30 dev ${name}
link set ${name} up
END
`;
}

function namespaceBatch(link: number, ownerUid: number): string {
  const name = linkName(link);
  // The addresses come with the interfaces down, so that nothing passes before the rules.
  return `addr add ${machineLinkAddress(link)}/30 dev ${name}
tuntap add ${TAP_NAME} mode tap user ${ownerUid}
link set ${TAP_NAME} address ${TAP_GATEWAY_MAC} mtu ${TAP_MTU}
addr add ${GUEST_NETWORK.gateway}/${GUEST_NETWORK.prefixLength} dev ${TAP_NAME}`;
}

/**
 * Removes whatever there is of a network. The namespace goes last: as long as its name is there,
 * the rest can be found again.
 */
export function removeScript(options: { namespace: string; links: readonly number[] }): string {
  const { namespace } = options;
  const names = options.links.map(linkName);
  const unguard = names.map(
    (name) => `nft -f - <<'END'
${unguardLinkRules(name)}
END
ip link del ${name} 2>/dev/null || true
`,
  );
  return `set -u
${unguard.join('')}nft -f - 2>/dev/null <<'END' || true
${removeUnusedHostRules()}
END
[ ! -e ${NAMESPACE_FOLDER}/${namespace} ] || ip netns del ${namespace}
`;
}
