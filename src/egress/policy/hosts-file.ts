/** Names that the host's own /etc/hosts gives addresses to: the operator's word, before DNS. */
import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';

const MAX_BYTES = 1_048_576;
const LOOK_EVERY_MS = 1_000;

export interface HostsFile {
  /** Empty: it does not name the host. An unreadable file names nothing. */
  addresses(host: string): Promise<readonly string[]>;
}

export function openHostsFile(options: { path: string; nowMs: () => number }): HostsFile {
  let known: ReadonlyMap<string, readonly string[]> = new Map();
  let version = '';
  let lookedAtMs = Number.NEGATIVE_INFINITY;

  async function refresh(): Promise<void> {
    lookedAtMs = options.nowMs();
    const { mtimeMs, size, ino } = await stat(options.path);
    const found = `${ino} ${mtimeMs} ${size}`;
    if (found === version) return;
    known = size > MAX_BYTES ? new Map() : parseHosts(await readFile(options.path, 'latin1'));
    version = found;
  }

  return {
    async addresses(host) {
      if (options.nowMs() - lookedAtMs >= LOOK_EVERY_MS) await refresh().catch(() => undefined);
      return known.get(host) ?? [];
    },
  };
}

/** As hosts(5): an address, then its names; `#` begins a comment. */
function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names) {
      const host = name.toLowerCase().replace(/\.$/, '');
      found.set(host, [...(found.get(host) ?? []), address]);
    }
  }
  return found;
}
