/** Whether a call may leave, from the policy alone: pure, synchronous, asked for every call. */
import type { EgressPolicy, EgressRule } from '../../contracts/egress-policy.ts';
import { matchPrefix, type PathReadings, readPath } from './match-path.ts';
import { normaliseHost } from './normalise-host.ts';
import { ruleText } from './rule-text.ts';

/** A call, or a connection of which no more than its target is known yet. */
export interface EgressRequest {
  /** tcp: neither TLS nor HTTP, so nothing of it can be seen. */
  readonly scheme: 'http' | 'https' | 'tcp';
  /** As the guest said it. */
  readonly host: string;
  readonly port: number;
  /** Absent: a connection is judged; each call in it is judged again. */
  readonly method?: string;
  /** As in the request line, with its query. */
  readonly path?: string;
}

export type RefusalCode =
  | 'host_invalid'
  | 'host_not_allowed'
  | 'port_not_allowed'
  | 'method_not_allowed'
  | 'path_not_allowed'
  | 'path_ambiguous'
  | 'protocol_not_allowed';

export interface EgressDecision {
  /** May it go on: because of a rule, or because the mode is audit. */
  readonly allowed: boolean;
  /** No rule allows it, only the mode does. */
  readonly wouldRefuse: boolean;
  /** Why no rule allows it. */
  readonly code?: RefusalCode;
  /** A sentence for the answer and the event. */
  readonly reason: string;
  /** The rule that allows it, or the one that came nearest; `index` is that in the policy. */
  readonly rule?: { readonly index: number; readonly text: string };
  /** The name to resolve and to send; '' when it is no name. */
  readonly host: string;
  /** Is TLS to be opened? Of the most specific rule for the host and port. */
  readonly intercept: boolean;
  /** Private ranges that the name may resolve to: of all rules that allow it, or (audit) its port. */
  readonly ranges: readonly string[];
}

interface IndexedRule {
  readonly index: number;
  readonly rule: EgressRule;
  readonly text: string;
}

/** Rules by the host they name; wildcards by what stands behind `*.`. */
interface RuleIndex {
  readonly exact: ReadonlyMap<string, readonly IndexedRule[]>;
  readonly below: ReadonlyMap<string, readonly IndexedRule[]>;
}

const indexes = new WeakMap<EgressPolicy, RuleIndex>();

/** They give headers back, or open a tunnel inside the call. */
const NEVER_METHODS: ReadonlySet<string> = new Set(['TRACE', 'TRACK', 'CONNECT']);

export function decide(policy: EgressPolicy, request: EgressRequest): EgressDecision {
  const name = normaliseHost(request.host);
  // In every mode: what is no name cannot be resolved, and is held by no check of addresses.
  if (!name.ok)
    return {
      ...{ allowed: false, wouldRefuse: false, code: 'host_invalid', host: '' },
      ...{ intercept: true, ranges: [] },
      reason: `the host ${name.reason}`,
    };
  const { host } = name;
  const ofHost = rulesFor(policy, host);
  const ofPort = ofHost.filter(({ rule }) => rule.ports.includes(request.port));
  const { matching, refusal } = judge({ request, host, ofHost, ofPort });
  const intercept = interceptOf(ofPort);
  if (refusal !== undefined) {
    const audited = policy.mode === 'audit';
    // The host is meant to be private, whatever else is wrong with the call.
    const ranges = audited ? rangesOf(ofPort) : [];
    return { ...refusal, allowed: audited, wouldRefuse: audited, host, intercept, ranges };
  }
  const [first] = matching;
  return {
    ...{ allowed: true, wouldRefuse: false, host, intercept },
    reason: first === undefined ? '' : `allowed by ${nameOf(first)}`,
    ...(first !== undefined && { rule: named(first) }),
    ranges: rangesOf(matching),
  };
}

function rangesOf(rules: readonly IndexedRule[]): readonly string[] {
  return [...new Set(rules.flatMap(({ rule }) => rule.ranges ?? []))];
}

interface Refusal {
  readonly code: RefusalCode;
  readonly reason: string;
  readonly rule?: { readonly index: number; readonly text: string };
}

function judge(options: {
  readonly request: EgressRequest;
  readonly host: string;
  readonly ofHost: readonly IndexedRule[];
  readonly ofPort: readonly IndexedRule[];
}): { readonly matching: readonly IndexedRule[]; readonly refusal?: Refusal } {
  const { request, host, ofHost, ofPort } = options;
  const refuse = (code: RefusalCode, reason: string, nearest?: IndexedRule) => ({
    matching: [],
    refusal: { code, reason, ...(nearest !== undefined && { rule: named(nearest) }) },
  });
  if (ofHost.length === 0) return refuse('host_not_allowed', `no rule allows the host ${host}`);
  if (ofPort.length === 0) {
    const [nearest] = ofHost;
    const ports = [...new Set(ofHost.flatMap(({ rule }) => rule.ports))].sort((a, b) => a - b);
    return refuse(
      'port_not_allowed',
      `${host} is allowed at port ${ports.join(', ')}, not ${request.port}`,
      nearest,
    );
  }
  const [ofThisPort] = ofPort;
  if (request.scheme === 'tcp') {
    const unseen = ofPort.filter(({ rule }) => !rule.intercept);
    if (unseen.length > 0) return { matching: unseen };
    const reason = `${host}:${request.port} is neither HTTP nor TLS; only a rule with "intercept: false" lets it pass`;
    return refuse('protocol_not_allowed', reason, ofThisPort);
  }
  return judgeCall({ request, host, ofPort, refuse });
}

function judgeCall(options: {
  readonly request: EgressRequest;
  readonly host: string;
  readonly ofPort: readonly IndexedRule[];
  readonly refuse: (
    code: RefusalCode,
    reason: string,
    nearest?: IndexedRule,
  ) => { readonly matching: readonly IndexedRule[]; readonly refusal: Refusal };
}): { readonly matching: readonly IndexedRule[]; readonly refusal?: Refusal } {
  const { host, ofPort, refuse } = options;
  const { method, path, port } = options.request;
  if (method === undefined) return { matching: ofPort };
  const ofMethod = ofPort.filter(({ rule }) => allowsMethod(rule, method));
  if (ofMethod.length === 0) {
    const methods = new Set(ofPort.flatMap(({ rule }) => rule.methods ?? []));
    const list = methods.size === 0 ? '' : `; allowed: ${[...methods].join(', ')}`;
    const reason = `the method ${shownMethod(method)} is not allowed at ${host}:${port}${list}`;
    return refuse('method_not_allowed', reason, ofPort[0]);
  }
  const readings = readPath(path ?? '');
  const matching = ofMethod.filter(({ rule }) => matchPaths(rule, readings) === 'all');
  if (matching.length > 0) return { matching };
  const unclear = ofMethod.find(({ rule }) => matchPaths(rule, readings) === 'some');
  if (!readings.ok) return refuse('path_ambiguous', `the path ${readings.reason}`, ofMethod[0]);
  if (unclear !== undefined) {
    const reason = `the path can be read in several ways, and ${nameOf(unclear)} allows only some of them`;
    return refuse('path_ambiguous', reason, unclear);
  }
  const reason = `${nameOf(ofMethod[0])} allows ${host}, but not this path`;
  return refuse('path_not_allowed', reason, ofMethod[0]);
}

function allowsMethod({ methods }: EgressRule, method: string): boolean {
  if (NEVER_METHODS.has(method.toUpperCase())) return false;
  return methods === undefined || methods.some((allowed) => allowed === method);
}

function matchPaths({ paths }: EgressRule, readings: PathReadings): 'all' | 'some' | 'none' {
  if (paths === undefined) return 'all';
  if (!readings.ok) return 'some';
  let best: 'some' | 'none' = 'none';
  for (const prefix of paths) {
    const match = matchPrefix(prefix, readings);
    if (match === 'all') return 'all';
    if (match === 'some') best = 'some';
  }
  return best;
}

/** Of the most specific rules for the host; there, saying no is deliberate and yes the default. */
function interceptOf(rules: readonly IndexedRule[]): boolean {
  const longest = Math.max(...rules.map(({ rule }) => specificity(rule)));
  return rules.every(({ rule }) => specificity(rule) < longest || rule.intercept);
}

/** A name itself before every wildcard, a longer wildcard before a shorter one. */
function specificity({ host }: EgressRule): number {
  return host.startsWith('*.') ? host.length : 1000 + host.length;
}

function rulesFor(policy: EgressPolicy, host: string): readonly IndexedRule[] {
  let index = indexes.get(policy);
  if (index === undefined) {
    index = indexRules(policy);
    indexes.set(policy, index);
  }
  const found = [...(index.exact.get(host) ?? [])];
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1))
    found.push(...(index.below.get(host.slice(dot + 1)) ?? []));
  return found;
}

function indexRules({ rules }: EgressPolicy): RuleIndex {
  const exact = new Map<string, IndexedRule[]>();
  const below = new Map<string, IndexedRule[]>();
  for (const [index, rule] of rules.entries()) {
    const isWildcard = rule.host.startsWith('*.');
    const [map, key] = isWildcard ? [below, rule.host.slice(2)] : [exact, rule.host];
    map.set(key, [...(map.get(key) ?? []), { index, rule, text: ruleText(rule) }]);
  }
  return { exact, below };
}

const named = ({ index, text }: IndexedRule) => ({ index, text });

function nameOf(indexed: IndexedRule | undefined): string {
  return indexed === undefined ? 'no rule' : `rule ${indexed.index} (${indexed.text})`;
}

/** A guest's own word: short and printable. */
function shownMethod(method: string): string {
  return JSON.stringify(method.slice(0, 20));
}
