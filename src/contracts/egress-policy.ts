/**
 * What an agent may reach: `egress:` in agent.yaml, and the rules that were added live. Default:
 * nothing. Evaluated in src/egress/policy/.
 */
import { z } from 'zod';

/** `api.example.com`, `*.example.com` (one or more labels in its place); lower case, no final dot. */
export const egressHost = z
  .string()
  .max(253)
  .regex(
    /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/,
    'must be a host name in lower case such as api.example.com or *.example.com, without scheme, port or path',
  )
  .refine((host) => !/(^|\.)\d+$/.test(host), 'must be a name: addresses are not allowed');

export const egressMethod = z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** IPv4 or IPv6 range that a name may resolve to although it is private: 10.0.0.0/8, fd00::/8. */
export const egressRange = z
  .union([z.cidrv4(), z.cidrv6()])
  .describe('A private range that the name may resolve to, such as 10.1.0.0/16.');

export const egressRule = z.strictObject({
  host: egressHost.describe('A name, or *.name for everything below it.'),
  ports: z.array(z.number().int().min(1).max(65_535)).min(1).max(32).default([443]),
  methods: z.array(egressMethod).min(1).optional().describe('Default: all.'),
  paths: z
    .array(z.string().startsWith('/').max(2048))
    .min(1)
    .max(100)
    .optional()
    .describe('Prefixes, of whole segments: /v1 allows /v1 and /v1/x, not /v10. Default: all.'),
  ranges: z.array(egressRange).max(32).optional(),
  intercept: z
    .boolean()
    .default(true)
    .describe('false: TLS passes through unseen; only host, bytes and time are recorded.'),
});
export type EgressRule = z.infer<typeof egressRule>;

export const egressMode = z.enum(['enforce', 'audit']);
export type EgressMode = z.infer<typeof egressMode>;

/** As in agent.yaml. A rule may be written as its host alone: `api.example.com:8443`. */
export const egressSpec = z.strictObject({
  mode: egressMode
    .default('enforce')
    .describe('audit: lets through, and records what would have been refused.'),
  allow: z
    .array(z.union([z.string().max(260), egressRule]))
    .max(200)
    .default([]),
  rate: z
    .strictObject({ calls_per_minute: z.number().int().min(1).max(1_000_000) })
    .optional()
    .describe('For each host, per agent.'),
});

/** In force for an agent: of its revision, with the rules that were added live. */
export interface EgressPolicy {
  readonly mode: EgressMode;
  readonly rules: readonly EgressRule[];
  /** For each host; undefined: no limit. */
  readonly callsPerMinute?: number;
}
