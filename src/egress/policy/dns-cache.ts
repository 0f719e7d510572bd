/** Answers of DNS for as long as they hold; at most so many, those longest unused give way. */
import type { Clock } from '../../base/clock.ts';

export interface DnsAnswer {
  readonly addresses: readonly string[];
  /** How long it may be used. */
  readonly ttlSeconds: number;
}

export interface DnsCache {
  get(host: string): DnsAnswer | undefined;
  set(host: string, answer: DnsAnswer): void;
}

export function createDnsCache(options: { clock: Clock; maxHosts: number }): DnsCache {
  const { clock, maxHosts } = options;
  const entries = new Map<string, { answer: DnsAnswer; expiresAtMs: number }>();
  return {
    get(host) {
      const entry = entries.get(host);
      if (entry === undefined) return undefined;
      entries.delete(host);
      if (entry.expiresAtMs <= clock.nowMs()) return undefined;
      // A Map keeps the order of insertion: the first one is the one longest unused.
      entries.set(host, entry);
      return entry.answer;
    },
    set(host, answer) {
      entries.delete(host);
      const [oldest] = entries.keys();
      if (entries.size >= maxHosts && oldest !== undefined) entries.delete(oldest);
      entries.set(host, { answer, expiresAtMs: clock.nowMs() + answer.ttlSeconds * 1000 });
    },
  };
}
