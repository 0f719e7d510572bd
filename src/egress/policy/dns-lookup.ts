/** Addresses of a name, from the host's own hosts file and DNS servers, each with how long it holds. */
import { Resolver } from 'node:dns/promises';
import type { Clock } from '../../base/clock.ts';
import type { DnsAnswer } from './dns-cache.ts';
import { openHostsFile } from './hosts-file.ts';

/** Rejects when it cannot be found out; no addresses: there is no such name. */
export type Lookup = (host: string, signal: AbortSignal) => Promise<DnsAnswer>;

const TIMEOUT_MS = 1_500;
const TRIES = 2;
/** Short, because an edit of the file should be seen at once. */
const HOSTS_FILE_TTL_SECONDS = 1;
/** What DNS says when there is nothing, as c-ares names it. */
const NOTHING: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);

interface RecordWithTtl {
  readonly address: string;
  readonly ttl: number;
}

/** c-ares and not getaddrinfo: it tells how long an answer holds, and blocks no thread. */
export function createDnsLookup({
  clock,
  servers,
  hostsPath = '/etc/hosts',
}: {
  readonly clock: Clock;
  /** Default: the host's own. */
  readonly hostsPath?: string;
  /** Default: those of this host. */
  readonly servers?: readonly string[];
}): Lookup {
  const hosts = openHostsFile({ path: hostsPath, nowMs: () => clock.nowMs() });
  return async (host, signal) => {
    const own = await hosts.addresses(host);
    if (own.length > 0) return { addresses: own, ttlSeconds: HOSTS_FILE_TTL_SECONDS };
    // Of its own, so that giving up ends this query and no other.
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    const cancel = () => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      // With a final dot, so that no search domain is put behind it.
      const name = `${host}.`;
      const records = await both(
        resolver.resolve4(name, { ttl: true }),
        resolver.resolve6(name, { ttl: true }),
      );
      return {
        addresses: records.map(({ address }) => address),
        ttlSeconds: Math.min(...records.map(({ ttl }) => ttl), Number.MAX_SAFE_INTEGER),
      };
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}

/** IPv4 first. One family that fails is no reason to miss the other. */
async function both(
  ipv4: Promise<readonly RecordWithTtl[]>,
  ipv6: Promise<readonly RecordWithTtl[]>,
): Promise<readonly RecordWithTtl[]> {
  const settled = await Promise.allSettled([ipv4, ipv6]);
  const records = settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  if (records.length > 0) return records;
  for (const one of settled) {
    if (one.status === 'rejected' && !NOTHING.has((one.reason as { code?: string }).code ?? ''))
      throw one.reason;
  }
  return [];
}
