/** The bodies and answers of /v1/agents/{name}/egress: what an agent may reach, and its dry run. */
import { z } from 'zod';
import { egressMode, egressRule, egressShortRule } from './egress-policy.ts';

const time = z.iso.datetime();

/** As it is stored and listed: nothing is left to defaults. */
const fullRule = z.object({
  host: z.string(),
  ports: z.array(z.number().int()),
  methods: z.array(z.string()).optional(),
  paths: z.array(z.string()).optional(),
  ranges: z.array(z.string()).optional(),
  intercept: z.boolean(),
});

/** POST …/rules: in the short form or the long one, as in agent.yaml. */
export const egressRuleBody = z.strictObject({ rule: z.union([egressShortRule, egressRule]) });
export type EgressRuleBody = z.input<typeof egressRuleBody>;

export const liveRuleResource = z.object({
  id: z.string(),
  /** In one line, as refusals name it. */
  text: z.string(),
  rule: fullRule,
  createdAt: time,
  createdBy: z.string(),
});
export type LiveRuleResource = z.infer<typeof liveRuleResource>;

/** POST …/mode. null: that of the revision again. */
export const egressModeBody = z.strictObject({ mode: egressMode.nullable() });

export const egressResource = z.object({
  agent: z.string(),
  /** Whose rules are in force; null: none is active yet. */
  revision: z.number().int().nullable(),
  mode: egressMode,
  /** It was set live, in place of the revision's. */
  liveMode: z.object({ mode: egressMode, updatedAt: time, updatedBy: z.string() }).nullable(),
  callsPerMinute: z.number().int().nullable(),
  /** In the order of their numbers: those of the revision first. */
  rules: z.array(
    z.object({
      /** As refusals and calls name it. */
      index: z.number().int(),
      text: z.string(),
      rule: fullRule,
      /** Null: it is the revision's. */
      live: liveRuleResource.pick({ id: true, createdAt: true, createdBy: true }).nullable(),
    }),
  ),
});
export type EgressResource = z.infer<typeof egressResource>;

export const egressSuggestionQuery = z.strictObject({
  /** RFC 3339, or a duration back from now. */
  since: z.string().min(1).max(64).optional(),
});

export const egressSuggestion = z.object({
  agent: z.string(),
  /** Calls and connections that it was made from. */
  observed: z.number().int(),
  /** There were more: these are the newest. */
  truncated: z.boolean(),
  rules: z.array(
    z.object({
      text: z.string(),
      rule: fullRule,
      seen: z.number().int(),
      /** Of these: were refused when they were made. */
      refused: z.number().int(),
      /** The name leads to a private address: the rule needs its range. */
      needsRanges: z.boolean(),
    }),
  ),
  stillRefused: z.array(
    z.object({
      host: z.string(),
      port: z.number().int(),
      method: z.string().nullable(),
      count: z.number().int(),
      reason: z.string(),
    }),
  ),
  /** `egress:` as it stands below `spec:` in agent.yaml. */
  yaml: z.string(),
});
export type EgressSuggestion = z.infer<typeof egressSuggestion>;

/** POST …/check: a call as the agent would make it. */
export const egressCheckBody = z.strictObject({
  scheme: z.enum(['http', 'https', 'tcp']).default('https'),
  /** Judged as a guest's: whatever is no plain name is refused. */
  host: z.string().max(2000),
  port: z.number().int().min(1).max(65_535).optional(),
  /** Absent: the connection is judged, not a call. */
  method: z.string().max(100).optional(),
  path: z.string().max(20_000).optional(),
});
export type EgressCheckBody = z.input<typeof egressCheckBody>;

export const egressCheckResource = z.object({
  /** Would it go out? */
  allowed: z.boolean(),
  /** No rule allows it, only the mode does. */
  wouldRefuse: z.boolean(),
  mode: egressMode,
  reason: z.string(),
  /** host_not_allowed, …; null: a rule allows it. */
  code: z.string().nullable(),
  /** The one that allows it, or that came nearest. */
  rule: z
    .object({ index: z.number().int(), text: z.string(), live: z.string().nullable() })
    .nullable(),
  /** As it would be resolved; empty: it is no name. */
  host: z.string(),
  /** Would TLS be opened? */
  intercept: z.boolean(),
  /** Where it would go; null: it was not looked up, because no rule lets it go anyway. */
  addresses: z.array(z.string()).nullable(),
});
export type EgressCheckResource = z.infer<typeof egressCheckResource>;
