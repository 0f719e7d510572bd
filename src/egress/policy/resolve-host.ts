/**
 * From a name to the addresses that a connection may go to. The connection must be made to one of
 * them and not to the name: a second resolution could say something else (DNS rebinding).
 */
import { type BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Clock } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import { blockListOf, checkAddressFor } from './check-address.ts';
import { createDnsCache, type DnsAnswer } from './dns-cache.ts';
import { createDnsLookup, type Lookup } from './dns-lookup.ts';

export interface CheckedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

export type Resolution =
  /** At least one; IPv4 first. */
  | { readonly ok: true; readonly addresses: readonly CheckedAddress[] }
  /**
   * refused: every address is one that may not be reached; not_found: the name has none; failed:
   * DNS did not answer; busy: too many names are being asked for.
   */
  | {
      readonly ok: false;
      readonly code: 'refused' | 'not_found' | 'failed' | 'busy';
      /** A sentence for the answer and the event. */
      readonly reason: string;
    };

export interface HostResolver {
  /** Never rejects, and answers within 5 s or as soon as `signal` fires. */
  resolve(request: {
    /** As decide() gives it. */
    readonly host: string;
    readonly ranges: readonly string[];
    /** Whose question it is: nobody may have more than a few under way. */
    readonly machineId: string;
    readonly signal: AbortSignal;
  }): Promise<Resolution>;
}

const TIMEOUT_MS = 5_000;
const MAX_HOSTS = 2_000;
const MAX_ASKED_AT_ONCE = 200;
const MAX_ASKED_BY_MACHINE = 20;
/** A name with more is after something else. */
const MAX_ADDRESSES = 32;
const MAX_TTL_SECONDS = 60;
const MIN_TTL_SECONDS = 1;
const NOT_FOUND_TTL_SECONDS = 5;
const OWN_ADDRESSES_EVERY_MS = 10_000;

export function createHostResolver(options: {
  readonly clock: Clock;
  /** A file of names and addresses that is asked before DNS; default: /etc/hosts. */
  readonly hostsPath?: string;
  /** Replaced in tests. */
  readonly lookup?: Lookup;
  /** Addresses of this host: swarmd and its neighbours listen there. Replaced in tests. */
  readonly ownAddresses?: () => readonly string[];
}): HostResolver {
  const { clock, hostsPath } = options;
  const lookup =
    options.lookup ?? createDnsLookup({ clock, ...(hostsPath !== undefined && { hostsPath }) });
  const own = rarely(options.ownAddresses ?? interfaceAddresses, clock);
  const cache = createDnsCache({ clock, maxHosts: MAX_HOSTS });
  const asking = new Map<string, { machineId: string; question: Promise<DnsAnswer> }>();
  const judge = createJudge();

  /** One question for each name, shared by all who wait for it: theirs to give up, not to end. */
  function ask(host: string, machineId: string): Promise<DnsAnswer> | undefined {
    const there = asking.get(host);
    if (there !== undefined) return there.question;
    if (asking.size >= MAX_ASKED_AT_ONCE) return undefined;
    const its = asking.values().filter((one) => one.machineId === machineId);
    if (its.toArray().length >= MAX_ASKED_BY_MACHINE) return undefined;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const question = untilAborted(lookup(host, signal), signal)
      .then((answer) => {
        const kept = bounded(answer);
        cache.set(host, kept);
        return kept;
      })
      .finally(() => asking.delete(host));
    asking.set(host, { machineId, question });
    return question;
  }

  return {
    async resolve({ host, ranges, machineId, signal }) {
      const cached = cache.get(host);
      if (cached !== undefined) return judge(host, { answer: cached, ranges, own: own() });
      const question = ask(host, machineId);
      if (question === undefined)
        return failure('busy', `too many names are being resolved; ${host} was not asked for`);
      try {
        const answer = await untilAborted(question, signal);
        return judge(host, { answer, ranges, own: own() });
      } catch (error) {
        return failure('failed', `${host} could not be resolved: ${describeError(error)}`);
      }
    },
  };
}

function failure(code: 'refused' | 'not_found' | 'failed' | 'busy', reason: string): Resolution {
  return { ok: false, code, reason };
}

type Judge = (
  host: string,
  options: { answer: DnsAnswer; ranges: readonly string[]; own: BlockList },
) => Resolution;

/** Remembers the last word on each answer: the same question of every call of a busy agent. */
function createJudge(): Judge {
  const last = new WeakMap<DnsAnswer, { own: BlockList; ranges: string; resolution: Resolution }>();
  return (host, options) => {
    const { answer, own } = options;
    const ranges = options.ranges.join(' ');
    const known = last.get(answer);
    if (known !== undefined && known.own === own && known.ranges === ranges)
      return known.resolution;
    const resolution = judgeAnswer(host, options);
    last.set(answer, { own, ranges, resolution });
    return resolution;
  };
}

function judgeAnswer(
  host: string,
  options: { answer: DnsAnswer; ranges: readonly string[]; own: BlockList },
): Resolution {
  const { answer, ranges, own } = options;
  if (answer.addresses.length === 0) return failure('not_found', `${host} has no address in DNS`);
  const fine: CheckedAddress[] = [];
  const refused: string[] = [];
  for (const address of answer.addresses) {
    const check = checkAddressFor(address, { ranges, own });
    if (!check.allowed) refused.push(`${address.slice(0, 50)} (${check.kind})`);
    else fine.push({ address, family: isIPv4(address) ? 4 : 6 });
  }
  if (fine.length === 0)
    return failure(
      'refused',
      `${host} leads to ${refused.slice(0, 3).join(', ')}, which may not be reached`,
    );
  return { ok: true, addresses: fine.sort((a, b) => a.family - b.family) };
}

function bounded({ addresses, ttlSeconds }: DnsAnswer): DnsAnswer {
  const most = addresses.length === 0 ? NOT_FOUND_TTL_SECONDS : MAX_TTL_SECONDS;
  return {
    addresses: [...new Set(addresses)].slice(0, MAX_ADDRESSES),
    ttlSeconds: Math.min(Math.max(ttlSeconds, MIN_TTL_SECONDS), most),
  };
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const end = () => reject(signal.reason);
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', end));
}

/** Without loopback: that is refused anyway, and opened by ranges as usual. */
function interfaceAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).flatMap(({ address, internal }) => (internal ? [] : [address])),
  );
}

function rarely(read: () => readonly string[], clock: Clock): () => BlockList {
  let known: BlockList | undefined;
  let readAtMs = 0;
  return () => {
    if (known === undefined || clock.nowMs() - readAtMs >= OWN_ADDRESSES_EVERY_MS) {
      known = blockListOf(read().map((one) => [one, isIPv4(one) ? 32 : 128]));
      readAtMs = clock.nowMs();
    }
    return known;
  };
}
