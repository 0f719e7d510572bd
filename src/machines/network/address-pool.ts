/** IPv4 arithmetic for the links between the host and the machines' namespaces: pure. */

export interface Subnet {
  /** First address, as an unsigned 32-bit number. */
  readonly first: number;
  /** Last address, inclusive. */
  readonly last: number;
}

/** Addresses of a link: network, host end, machine end, broadcast. */
export const LINK_SIZE = 4;

/**
 * Where links are taken from: shared address space (RFC 6598), which no machine on a customer's
 * network should have, and then the benchmarking range (RFC 2544) for hosts that route the first,
 * as some VPNs do.
 */
export const DEFAULT_POOLS: readonly string[] = ['100.64.0.0/10', '198.18.0.0/15'];

/** @returns undefined when the text is no dotted IPv4 address. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let address = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    address = address * 256 + Number(part);
  }
  return address;
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
}

/** Reads `a.b.c.d/n`, or `a.b.c.d` as a single address; undefined when it is neither. */
export function parseSubnet(text: string): Subnet | undefined {
  const [addressText = '', prefixText = '32', ...rest] = text.split('/');
  const address = parseAddress(addressText);
  const prefix = /^\d{1,2}$/.test(prefixText) ? Number(prefixText) : 33;
  if (address === undefined || prefix > 32 || rest.length > 0) return undefined;
  const size = 2 ** (32 - prefix);
  const first = address - (address % size);
  return { first, last: first + size - 1 };
}

/**
 * Chooses a link's first address: in the first pool with room, at random so that neighbours do
 * not fight over the next one, and overlapping nothing in `taken`.
 * @param random between 0 (inclusive) and 1 (exclusive)
 * @returns undefined when every pool is full
 */
export function chooseLink(options: {
  pools: readonly Subnet[];
  taken: readonly Subnet[];
  random: number;
}): number | undefined {
  const taken = options.taken.toSorted((a, b) => a.first - b.first);
  for (const pool of options.pools) {
    const links = Math.floor((pool.last - pool.first + 1) / LINK_SIZE);
    const start = pool.first + Math.floor(options.random * links) * LINK_SIZE;
    const end = pool.first + links * LINK_SIZE - 1;
    const found =
      firstFree({ first: start, last: end }, taken) ??
      firstFree({ first: pool.first, last: start - 1 }, taken);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first aligned link in `range` that overlaps none of `taken`, which is sorted by `first`. */
function firstFree(range: Subnet, taken: readonly Subnet[]): number | undefined {
  let candidate = range.first;
  for (const other of taken) {
    if (other.last < candidate) continue;
    if (other.first > candidate + LINK_SIZE - 1) continue;
    candidate = other.last + 1 + ((LINK_SIZE - ((other.last + 1) % LINK_SIZE)) % LINK_SIZE);
  }
  return candidate + LINK_SIZE - 1 <= range.last ? candidate : undefined;
}

/**
 * What a host already routes, from `ip -4 -json route show table all`. Default routes, also those
 * cut in halves as VPNs do, are no conflict.
 */
export function routedSubnets(routesJson: string): readonly Subnet[] {
  const routes: unknown = JSON.parse(routesJson === '' ? '[]' : routesJson);
  if (!Array.isArray(routes)) return [];
  return routes.flatMap((route: { dst?: unknown }) => {
    const subnet = typeof route?.dst === 'string' ? parseSubnet(route.dst) : undefined;
    return subnet === undefined || subnet.last - subnet.first >= 2 ** 25 ? [] : [subnet];
  });
}
