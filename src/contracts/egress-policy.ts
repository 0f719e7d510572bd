/**
 * What an agent may reach: `egress:` in agent.yaml, and the rules that were added live. Default:
 * nothing. Evaluated in src/egress/policy/.
 */
import { z } from 'zod';
import { hostFault } from './egress-host.ts';

/** Of a value that is told back to its writer; it may be a secret in the wrong place. */
const MAX_SHOWN = 60;
const shown = (text: string) =>
  JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);

const host = (of: Parameters<typeof hostFault>[1]) =>
  z
    .string()
    .max(1000)
    .superRefine((text, context) => {
      const fault = hostFault(text, of);
      if (fault !== undefined)
        context.addIssue({ code: 'custom', message: `${shown(text)} ${fault}` });
    })
    // For editors only: what is wrong, hostFault says better.
    .meta({ pattern: '^(\\*\\.)?[a-z0-9_.-]+$' });

/** `api.example.com`, `*.example.com` (one or more labels in its place); lower case, no final dot. */
export const egressHost = host('rule');
/** The same, as a place that a secret may go to. */
export const secretHost = host('secret');

export const egressMethod = z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
export type EgressMethod = z.infer<typeof egressMethod>;

/** Wider ranges are refused: 0.0.0.0/0 would open this host's own loopback by accident. */
export const WIDEST_RANGE = { ipv4: 8, ipv6: 7 } as const;

/** IPv4 or IPv6 range that a name may resolve to although it is private: 10.0.0.0/8, fd00::/8. */
export const egressRange = z
  .union([z.cidrv4(), z.cidrv6()], {
    error: 'must be a range of addresses such as 10.1.0.0/16 or fd00::/8',
  })
  .superRefine((text, context) => {
    const widest = text.includes(':') ? WIDEST_RANGE.ipv6 : WIDEST_RANGE.ipv4;
    if (Number(text.split('/')[1]) >= widest) return;
    const message = `${shown(text)} is too wide: name the private range that you mean, /${widest} or narrower`;
    context.addIssue({ code: 'custom', message });
  })
  .describe('A private range that the name may resolve to, such as 10.1.0.0/16.');

/** As it stands in a request: `/a%20b`, without query, `.`, `..` or empty segments. */
const pathPrefix = z
  .string()
  .max(2048)
  .superRefine((text, context) => {
    const fault = pathFault(text);
    if (fault !== undefined)
      context.addIssue({ code: 'custom', message: `${shown(text)} ${fault}` });
  });

function pathFault(text: string): string | undefined {
  if (!text.startsWith('/')) return `must begin with "/": write /${text.slice(0, MAX_SHOWN)}`;
  if (/[?#]/.test(text)) return 'has a query: only the path before "?" is compared';
  if (text.includes('*')) return 'has a "*": a prefix allows all that lies below it already';
  if (text.includes('\\') || /%(2e|2f|5c)/i.test(text))
    return 'has a backslash, or an encoded dot or slash: write the plain path';
  const written = URL.parse(`http://x${text}`)?.pathname;
  if (written !== undefined && written !== text)
    return `is not as requests say it: write ${written.slice(0, 200)}`;
  if (/%(?![0-9a-f]{2})/i.test(text)) return 'has a "%" that is no percent-encoding: write %25';
  return text.includes('//') ? 'has two slashes next to each other' : undefined;
}

const egressPort = z.number().int().min(1).max(65_535);

export const egressRule = z
  .strictObject({
    host: egressHost.describe('A name, or *.name for everything below it.'),
    ports: z.array(egressPort).min(1).max(32).default([443]),
    methods: z.array(egressMethod).min(1).optional().describe('Default: all.'),
    paths: z
      .array(pathPrefix)
      .min(1)
      .max(100)
      .optional()
      .describe('Prefixes, of whole segments: /v1 allows /v1 and /v1/x, not /v10. Default: all.'),
    ranges: z.array(egressRange).max(32).optional(),
    intercept: z
      .boolean()
      .default(true)
      .describe('false: TLS passes through unseen; only host, bytes and time are recorded.'),
  })
  .superRefine((rule, context) => {
    if (rule.intercept || (rule.methods === undefined && rule.paths === undefined)) return;
    context.addIssue({
      code: 'custom',
      path: ['intercept'],
      message:
        'false lets TLS pass unseen, so methods and paths cannot be held: leave out one or the other',
    });
  });
export type EgressRule = z.infer<typeof egressRule>;

export const egressMode = z.enum(['enforce', 'audit']);
export type EgressMode = z.infer<typeof egressMode>;

/** A rule as its host alone: `api.example.com` is port 443, `api.example.com:8443` that one. */
export const egressShortRule = z
  .string()
  .max(1000)
  .superRefine((text, context) => {
    const { host, port } = splitShortRule(text);
    const fault =
      hostFault(host) ??
      (port === undefined || egressPort.safeParse(port).success
        ? undefined
        : 'has no such port: 1 to 65535 can be');
    if (fault !== undefined)
      context.addIssue({ code: 'custom', message: `${shown(text)} ${fault}` });
  });

/** `port` is undefined when there is none; the host is whatever stands before it. */
function splitShortRule(text: string): { host: string; port: number | undefined } {
  const [, host, port] = /^([^:/@]*):(\d{1,9})$/.exec(text) ?? [];
  return host === undefined ? { host: text, port: undefined } : { host, port: Number(port) };
}

const MAX_RULES = 200;

/** As in agent.yaml. A rule may be written as its host alone: `api.example.com:8443`. */
export const egressSpec = z
  .strictObject({
    mode: egressMode
      .default('enforce')
      .describe('audit: lets through, and records what would have been refused.'),
    allow: z
      .array(z.union([egressShortRule, egressRule]))
      .max(MAX_RULES)
      .default([])
      .describe('What may be reached: host[:port], or a rule with more. Default: nothing.'),
    rate: z
      .strictObject({ calls_per_minute: z.number().int().min(1).max(1_000_000) })
      .optional()
      .describe('For each host, per agent.'),
  })
  .describe('What the agent may reach. Default: nothing.');
export type EgressSpec = z.infer<typeof egressSpec>;

/** In force for an agent: of its revision, with the rules that were added live. */
export interface EgressPolicy {
  readonly mode: EgressMode;
  readonly rules: readonly EgressRule[];
  /** For each host; undefined: no limit. */
  readonly callsPerMinute?: number;
}

/** A rule in its long form, each list in one order: the same rule is the same JSON. */
export function egressRuleFrom(given: string | EgressRule): EgressRule {
  if (typeof given === 'string') {
    const { host, port } = splitShortRule(given);
    return { host, ports: [port ?? 443], intercept: true };
  }
  const { host, ports, methods, paths, ranges, intercept } = given;
  return {
    host,
    ports: [...new Set(ports)].sort((a, b) => a - b),
    ...(methods !== undefined && { methods: sorted(methods) }),
    ...(paths !== undefined && { paths: sorted(paths) }),
    ...(ranges !== undefined && ranges.length > 0 && { ranges: sorted(ranges) }),
    intercept,
  };
}

function sorted<T extends string>(texts: readonly T[]): T[] {
  return [...new Set(texts)].sort();
}

/** Of a specification that the schema has accepted. */
export function egressPolicyFrom({ mode, allow, rate }: EgressSpec): EgressPolicy {
  return {
    mode,
    rules: allow.map(egressRuleFrom),
    ...(rate !== undefined && { callsPerMinute: rate.calls_per_minute }),
  };
}
