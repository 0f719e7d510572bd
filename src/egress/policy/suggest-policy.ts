/** A policy from what was seen: few rules that allow it, and what no rule would. Pure. */
import { hostFault } from '../../contracts/egress-host.ts';
import {
  type EgressMethod,
  type EgressRule,
  egressMethod,
  egressRuleFrom,
} from '../../contracts/egress-policy.ts';
import { decide, type EgressRequest } from './decide.ts';
import { normaliseHost } from './normalise-host.ts';
import { pathPrefixes } from './path-prefixes.ts';
import { policyYaml } from './policy-yaml.ts';
import { ruleText } from './rule-text.ts';

/** A call or connection that was made or refused. */
export interface EgressObservation extends EgressRequest {
  readonly refused: boolean;
  /** It was refused because of where its name leads, which no rule without ranges changes. */
  readonly privateAddress?: boolean;
  /** TLS was passed through unseen. */
  readonly unseen?: boolean;
}

export interface SuggestedRule {
  readonly rule: EgressRule;
  readonly text: string;
  /** Calls that it would allow. */
  readonly seen: number;
  /** Of these: were refused when they were made. */
  readonly refused: number;
  /** The name leads to a private address: the rule needs its range. */
  readonly needsRanges: boolean;
}

export interface StillRefused {
  readonly host: string;
  readonly port: number;
  readonly method: string | null;
  readonly count: number;
  readonly reason: string;
}

export interface SuggestedPolicy {
  readonly rules: readonly SuggestedRule[];
  /** Of what was seen, most often first. */
  readonly stillRefused: readonly StillRefused[];
  /** `egress:` as it stands below `spec:` in agent.yaml. */
  readonly yaml: string;
}

/** Names below one parent before a wildcard is suggested for them. */
const MANY_HOSTS = 5;
const MAX_GROUPS_OF_HOST = 3;
const MAX_RULES = 200;
const MAX_STILL_REFUSED = 50;

interface Seen extends EgressRequest {
  readonly unseen: boolean;
  count: number;
  refused: number;
  privateAddress: number;
}

/** @param inForce rules whose private ranges the new ones keep, host by host */
export function suggestPolicy(
  observations: Iterable<EgressObservation>,
  inForce: readonly EgressRule[] = [],
): SuggestedPolicy {
  const seen = counted(observations);
  const named = seen.filter(({ host }) => normaliseHost(host).ok);
  const rules = withRanges(rulesOf(named).slice(0, MAX_RULES), inForce);
  const policy = { mode: 'enforce', rules } as const;
  const counts = rules.map(() => ({ seen: 0, refused: 0, needsRanges: false }));
  const still = new Map<string, StillRefused>();
  for (const one of seen) {
    const decision = decide(policy, one);
    const count = decision.allowed ? counts[decision.rule?.index ?? -1] : undefined;
    if (count === undefined) addRefused(still, { one, reason: decision.reason });
    else {
      count.seen += one.count;
      count.refused += one.refused;
      count.needsRanges ||= one.privateAddress > 0;
    }
  }
  const suggested = rules.map((rule, index) => ({
    ...{ rule, text: ruleText(rule), seen: 0, refused: 0, needsRanges: false },
    ...counts[index],
  }));
  const stillRefused = [...still.values()].sort((a, b) => b.count - a.count);
  return {
    rules: suggested,
    stillRefused: stillRefused.slice(0, MAX_STILL_REFUSED),
    yaml: policyYaml(suggested),
  };
}

/** The same call once, with how often; a guest's own words are cut to what can be shown. */
function counted(observations: Iterable<EgressObservation>): readonly Seen[] {
  const found = new Map<string, Seen>();
  for (const { refused, privateAddress, unseen = false, ...request } of observations) {
    const name = normaliseHost(request.host);
    const host = name.ok ? name.host : request.host.slice(0, 253);
    const path = request.path?.split('?')[0];
    const { scheme, port, method } = request;
    const key = JSON.stringify([scheme, host, port, method, path, unseen]);
    const one = found.get(key) ?? {
      ...{ scheme, host, port, unseen, count: 0, refused: 0, privateAddress: 0 },
      ...(method !== undefined && { method, path: path ?? '/' }),
    };
    one.count++;
    if (refused) one.refused++;
    if (privateAddress === true) one.privateAddress++;
    found.set(key, one);
  }
  return [...found.values()];
}

function rulesOf(seen: readonly Seen[]): readonly EgressRule[] {
  const wildcards = crowdedParents(seen);
  const byTarget = Map.groupBy(seen, ({ host, port }) => {
    const parent = host.slice(host.indexOf('.') + 1);
    return `${wildcards.has(`${parent}:${port}`) ? `*.${parent}` : host}:${port}`;
  });
  const rules = [...byTarget].flatMap(([target, calls]) => {
    const colon = target.lastIndexOf(':');
    return rulesOfTarget(calls, {
      host: target.slice(0, colon),
      port: Number(target.slice(colon + 1)),
    });
  });
  return withPortsTogether(rules).sort((a, b) => (ruleText(a) < ruleText(b) ? -1 : 1));
}

/** `parent:port` with many names below it, where a wildcard may stand. */
function crowdedParents(seen: readonly Seen[]): ReadonlySet<string> {
  const hosts = new Map<string, Set<string>>();
  for (const { host, port } of seen) {
    const parent = host.slice(host.indexOf('.') + 1);
    if (!host.includes('.') || hostFault(`*.${parent}`) !== undefined) continue;
    const key = `${parent}:${port}`;
    hosts.set(key, (hosts.get(key) ?? new Set()).add(host));
  }
  return new Set([...hosts].flatMap(([key, names]) => (names.size >= MANY_HOSTS ? [key] : [])));
}

function rulesOfTarget(
  calls: readonly Seen[],
  { host, port }: { host: string; port: number },
): readonly EgressRule[] {
  const at = { host, ports: [port] };
  if (calls.some(({ scheme, unseen }) => scheme === 'tcp' || unseen))
    return [egressRuleFrom({ ...at, intercept: false })];
  const judged = calls.filter(({ method }) => method !== undefined);
  if (judged.length === 0) return [egressRuleFrom({ ...at, intercept: true })];
  const methods = [...new Set(judged.map(({ method = '' }) => method))];
  if (!methods.every(isKnownMethod)) return [egressRuleFrom({ ...at, intercept: true })];
  const groups = groupsOf(judged);
  const all = { methods, paths: pathPrefixes(judged.map(({ path = '/' }) => path)) };
  return (groups.length > MAX_GROUPS_OF_HOST ? [all] : groups).map((group) =>
    egressRuleFrom({
      ...{ ...at, methods: group.methods, intercept: true },
      ...(group.paths !== undefined && { paths: [...group.paths] }),
    }),
  );
}

const isKnownMethod = (text: string): text is EgressMethod => egressMethod.safeParse(text).success;

/** Prefixes that were called with the same methods stand in one rule. */
function groupsOf(calls: readonly Seen[]): readonly {
  readonly methods: EgressMethod[];
  readonly paths: readonly string[] | undefined;
}[] {
  const byMethod = Map.groupBy(calls, ({ method = '' }) => method);
  const methodsOf = new Map<string, EgressMethod[]>();
  for (const [method, ofMethod] of byMethod) {
    if (!isKnownMethod(method)) continue;
    for (const prefix of pathPrefixes(ofMethod.map(({ path = '/' }) => path)) ?? [''])
      methodsOf.set(prefix, [...(methodsOf.get(prefix) ?? []), method].sort());
  }
  return [...Map.groupBy(methodsOf, ([, methods]) => methods.join(' ')).values()].map((group) => ({
    methods: group[0]?.[1] ?? [],
    paths: group.some(([prefix]) => prefix === '') ? undefined : group.map(([prefix]) => prefix),
  }));
}

/** Calls that went out to a private address showed no fault, and need its range all the same. */
function withRanges(rules: readonly EgressRule[], inForce: readonly EgressRule[]): EgressRule[] {
  return rules.map((rule) => {
    const same = inForce.filter(({ host }) => host === rule.host);
    const ranges = [...new Set(same.flatMap((one) => one.ranges ?? []))];
    return ranges.length === 0 ? rule : { ...rule, ranges };
  });
}

/** Rules that differ in nothing but their ports become one. */
function withPortsTogether(rules: readonly EgressRule[]): EgressRule[] {
  const groups = Map.groupBy(rules, ({ ports: _, ...rest }) => JSON.stringify(rest));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const ports = group.flatMap((rule) => rule.ports);
    return first === undefined ? [] : [egressRuleFrom({ ...first, ports: ports.slice(0, 32) })];
  });
}

function addRefused(
  still: Map<string, StillRefused>,
  { one, reason }: { one: Seen; reason: string },
): void {
  const { host, port, method = null, count } = one;
  const key = JSON.stringify([host, port, method, reason]);
  const before = still.get(key)?.count ?? 0;
  still.set(key, { host, port, method, count: before + count, reason });
}
