/**
 * Which addresses a connection may go to, whatever name led there. IPv4: all but the special-purpose
 * ones (IANA's registry, RFC 6890); IPv6: only global unicast, without its special-purpose parts.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';
import { WIDEST_RANGE } from '../../contracts/egress-policy.ts';

export type AddressCheck =
  | { readonly allowed: true }
  /** What kind of address it is, to stand behind "is": `a loopback address`. */
  | { readonly allowed: false; readonly kind: string };

type Range = readonly [network: string, prefix: number];

/** Cloud hosts give credentials away there, to whoever asks: opened by no range but themselves. */
const METADATA: readonly string[] = [
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  'fe80::a9fe:a9fe',
];

/** The first that contains an address says what it is. */
const SPECIAL: readonly { readonly kind: string; readonly ranges: readonly Range[] }[] = [
  {
    kind: 'a loopback address',
    ranges: [
      ['127.0.0.0', 8],
      ['::1', 128],
    ],
  },
  {
    kind: 'the unspecified address',
    ranges: [
      ['0.0.0.0', 8],
      ['::', 128],
    ],
  },
  {
    kind: 'a link-local address',
    ranges: [
      ['169.254.0.0', 16],
      ['fe80::', 10],
    ],
  },
  {
    kind: 'a private address',
    ranges: [
      ['10.0.0.0', 8],
      ['172.16.0.0', 12],
      ['192.168.0.0', 16],
      ['fc00::', 7],
      ['fec0::', 10],
    ],
  },
  { kind: 'an address behind a carrier NAT', ranges: [['100.64.0.0', 10]] },
  {
    kind: 'a multicast address',
    ranges: [
      ['224.0.0.0', 4],
      ['ff00::', 8],
    ],
  },
  { kind: 'a broadcast address', ranges: [['255.255.255.255', 32]] },
  {
    kind: 'an address for documentation',
    ranges: [
      ['192.0.2.0', 24],
      ['198.51.100.0', 24],
      ['203.0.113.0', 24],
      ['2001:db8::', 32],
      ['3fff::', 20],
    ],
  },
  { kind: 'an address for benchmarks', ranges: [['198.18.0.0', 15]] },
  {
    kind: 'a reserved address',
    ranges: [
      ['192.0.0.0', 24],
      ['192.31.196.0', 24],
      ['192.52.193.0', 24],
      ['192.175.48.0', 24],
      ['240.0.0.0', 4],
      ['2001::', 23],
      ['2620:4f:8000::', 48],
    ],
  },
  {
    kind: 'an address that leads to another one (6to4, Teredo, NAT64, IPv4-compatible)',
    ranges: [
      ['192.88.99.0', 24],
      ['2002::', 16],
      ['64:ff9b::', 96],
      ['64:ff9b:1::', 48],
      ['::', 96],
      ['::ffff:0:0:0', 96],
    ],
  },
];

const metadata = blockListOf(METADATA.map((one) => [one, isIPv4(one) ? 32 : 128]));
const special = SPECIAL.map(({ kind, ranges }) => ({ kind, list: blockListOf(ranges) }));
const global6 = blockListOf([['2000::', 3]]);

export function blockListOf(ranges: Iterable<Range>): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges)
    list.addSubnet(network, prefix, network.includes(':') ? 'ipv6' : 'ipv4');
  return list;
}

/**
 * @param ranges of the rules that allow the name; they open what lies in them, and metadata
 *   services only by a range of that one address. Loopback and all else by ranges of /8 (IPv6: /7)
 *   or narrower, and IPv6 below ::/8 by /96 or narrower.
 */
export function checkAddress(address: string, ranges: readonly string[]): AddressCheck {
  return checkAddressFor(address, { ranges });
}

/** `own`: addresses of this host, where swarmd and its neighbours listen; opened as metadata is. */
export function checkAddressFor(
  address: string,
  { ranges, own }: { readonly ranges: readonly string[]; readonly own?: BlockList },
): AddressCheck {
  // BlockList would throw at a zone id; no answer of DNS has one.
  if (isIP(address) === 0 || address.includes('%'))
    return { allowed: false, kind: 'no IP address' };
  const plain = unwrapped(address);
  const isOwn = own !== undefined && contains(own, plain);
  const kind = kindOf(plain) ?? (isOwn ? 'an address of the host that Swarm runs on' : undefined);
  if (kind === undefined) return { allowed: true };
  const opened = openedBy(ranges);
  const list = isOwn || contains(metadata, plain) ? opened.single : opened.all;
  return contains(list, plain) ? { allowed: true } : { allowed: false, kind };
}

/** Undefined: nothing special about it. */
function kindOf(address: string): string | undefined {
  if (contains(metadata, address)) return 'the metadata service of a cloud host';
  const found = special.find(({ list }) => contains(list, address));
  if (found !== undefined) return found.kind;
  return isIPv4(address) || contains(global6, address) ? undefined : 'a reserved address';
}

function contains(list: BlockList, address: string): boolean {
  return list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

/**
 * `::ffff:10.0.0.1` is 10.0.0.1 to the kernel, and `64:ff9b::10.0.0.1` to a NAT64 (RFC 6052), which
 * hosts without IPv4 need: so they are that here too.
 */
function unwrapped(address: string): string {
  if (isIPv4(address)) return address;
  const host = URL.parse(`http://[${address}]`)?.hostname ?? '';
  const [, high, low] =
    /^\[(?:::ffff|64:ff9b:):([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(host) ?? [];
  if (high === undefined || low === undefined) return address;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join('.');
}

interface OpenedRanges {
  readonly all: BlockList;
  /** Those of one address only. */
  readonly single: BlockList;
}

const openedRanges = new WeakMap<readonly string[], OpenedRanges>();

function openedBy(ranges: readonly string[]): OpenedRanges {
  let opened = openedRanges.get(ranges);
  if (opened === undefined) {
    const parsed = ranges.flatMap(parseRange);
    opened = {
      all: blockListOf(parsed),
      single: blockListOf(
        parsed.filter(([network, prefix]) => prefix === (isIPv4(network) ? 32 : 128)),
      ),
    };
    openedRanges.set(ranges, opened);
  }
  return opened;
}

/** One that is wider than a rule may say, or no range at all, opens nothing. */
function parseRange(text: string): Range[] {
  const [, network = '', digits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(text) ?? [];
  const family = isIP(network);
  const prefix = Number(digits);
  if (family === 4) return prefix >= WIDEST_RANGE.ipv4 && prefix <= 32 ? [[network, prefix]] : [];
  // BlockList would take a mapped range for one of IPv4.
  if (family !== 6 || prefix > 128 || contains(MAPPED, network)) return [];
  const isLow = contains(LOW_6, network);
  return prefix >= (isLow ? 96 : WIDEST_RANGE.ipv6) ? [[network, prefix]] : [];
}

/** Loopback, mapped and translated addresses lie here close together. */
const LOW_6 = blockListOf([['::', 8]]);
const MAPPED = blockListOf([['::ffff:0:0', 96]]);
