/**
 * What calls cost, what may be spent, and prices: bodies and answers of /v1/costs, /v1/budgets,
 * /v1/prices and /v1/agents/NAME/pause. Money is decimal text in US dollars.
 */
import { z } from 'zod';
import { decimal } from './event.ts';
import { agentName } from './manifest.ts';

export const CURRENCY = 'USD';
/** Of an imported price file. */
export const MAX_PRICE_FILE_BYTES = 8 * 1024 * 1024;
/** More rows than anybody reads: the rest is added up in the totals and said to be left out. */
export const MAX_COST_ROWS = 1000;

const name = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'must be 1 to 63 lower-case letters, digits and "-", with no "-" at either end',
  );
const agent = agentName;
const count = z.number().int();

// Costs.

export const costBy = z.enum(['agent', 'tool', 'model', 'day', 'run']);
export type CostBy = z.infer<typeof costBy>;

/** A day, a time, or a duration back from now; what it falls on is counted as a whole day, UTC. */
const when = z.string().min(1).max(64);

export const costQuery = z.strictObject({
  by: costBy.default('agent'),
  agent: agent.optional(),
  /** Default: the first day of this month. */
  since: when.optional(),
  /** That day included; default: today. */
  until: when.optional(),
});
export type CostQuery = z.input<typeof costQuery>;

export const costSums = z.object({
  calls: count,
  tokens: z.object({
    input: count,
    output: count,
    cacheRead: count,
    cacheWrite: count,
    reasoning: count,
  }),
  amount: z.string(),
  /** Calls to a model without a price: what they cost is not in `amount`. */
  unpriced: count,
  /** Calls whose answer did not say what they used: not in `amount` either. */
  usageMissing: count,
});
export type CostSumsResource = z.infer<typeof costSums>;

export const costRow = costSums.extend({
  /** Agent, tool, model, day or run; empty: none. */
  key: z.string(),
  /** By model. */
  provider: z.string().optional(),
  /** By run. */
  agent: z.string().optional(),
});
export type CostRow = z.infer<typeof costRow>;

export const costReport = z.object({
  by: costBy,
  /** Days, both included. */
  since: z.string(),
  until: z.string(),
  currency: z.string(),
  /** The dearest first; days and runs: the newest first. */
  rows: z.array(costRow),
  totals: costSums,
  /** Rows were left out; the totals have them. */
  truncated: z.boolean(),
  /** false: after a start, calls of before are still being added up. */
  complete: z.boolean(),
});
export type CostReport = z.infer<typeof costReport>;

// Budgets.

export const budgetPeriod = z.enum(['run', 'day', 'month']);
export type BudgetPeriod = z.infer<typeof budgetPeriod>;

const positiveMoney = decimal.refine((text) => /[1-9]/.test(text), 'must be more than 0');

export const budgetBody = z.strictObject({
  name,
  /** Absent: of all agents of the workspace together. */
  agent: agent.optional(),
  period: budgetPeriod,
  limit: z.union([
    z.strictObject({ money: positiveMoney }),
    z.strictObject({ tokens: z.number().int().min(1).max(1e15) }),
  ]),
  /** Percentages at which an event says so. */
  thresholds: z.array(z.number().int().min(1).max(100)).max(10).default([50, 80, 100]),
  /** true: calls to models without a price pass a budget in money, uncounted. */
  allowUnpriced: z.boolean().default(false),
});
export type BudgetBody = z.input<typeof budgetBody>;

export const budgetResource = z.object({
  name,
  agent: z.string().nullable(),
  period: budgetPeriod,
  limit: z.object({ money: z.string().optional(), tokens: count.optional() }),
  thresholds: z.array(count),
  allowUnpriced: z.boolean(),
  /** Of the period that is now, in the limit's unit; null for runs: each has its own. */
  now: z
    .object({
      spent: z.string(),
      /** Held for calls under way. */
      reserved: z.string(),
      left: z.string(),
      /** The period: 2026-01-31 or 2026-01. */
      period: z.string(),
      resetsAt: z.string(),
    })
    .nullable(),
  updatedAt: z.string(),
  updatedBy: z.string(),
});
export type BudgetResource = z.infer<typeof budgetResource>;
export const budgetList = z.object({ items: z.array(budgetResource) });

// Prices.

export const priceFormat = z.enum(['swarm', 'litellm', 'agentgateway']);
export type PriceFormat = z.infer<typeof priceFormat>;

export const priceImportQuery = z.strictObject({ name, format: priceFormat.default('swarm') });

/** Decimal text, US dollars per million tokens. Absent: see docs/guides/cost.md. */
export const rates = z.object({
  input: z.string().optional(),
  output: z.string().optional(),
  cacheRead: z.string().optional(),
  cacheWrite: z.string().optional(),
  /** Kept for an hour, not for minutes. */
  cacheWriteLong: z.string().optional(),
  reasoning: z.string().optional(),
});

export const modelPriceResource = z.object({
  model: z.string(),
  provider: z.string().optional(),
  rates,
  /** With more input tokens than `above`, these take the place of the others for the whole call. */
  tiers: z.array(z.object({ above: count, rates })),
  maxInputTokens: count.optional(),
  maxOutputTokens: count.optional(),
  source: z.string().optional(),
  /** 2026-01-31: when somebody last looked. */
  asOf: z.string().optional(),
});

export const machineTimePrice = z.object({
  /** Decimal text, US dollars. */
  vcpuSecond: z.string(),
  gibSecond: z.string(),
});

export const priceListResource = z.object({
  name: z.string(),
  /** As events name it. */
  version: z.string(),
  format: z.string(),
  models: count,
  machineTime: machineTimePrice.nullable(),
  builtIn: z.boolean(),
  createdAt: z.string().nullable(),
  createdBy: z.string().nullable(),
});
export type PriceListResource = z.infer<typeof priceListResource>;
/** In the order in which they are asked for a model. */
export const priceLists = z.object({ items: z.array(priceListResource) });
export const priceListDetail = priceListResource.extend({ prices: z.array(modelPriceResource) });
export type PriceListDetail = z.infer<typeof priceListDetail>;

export const importedPrices = z.object({
  list: priceListResource,
  /** A list of this name was there and has been replaced. */
  replaced: z.boolean(),
  /** Entries that are not for calls that are priced by tokens. */
  skipped: count,
  /** Prices that had more than 12 decimals per million tokens. */
  rounded: count,
});
export type ImportedPrices = z.infer<typeof importedPrices>;

// Pause.

export const pauseBody = z.strictObject({ reason: z.string().trim().max(500).optional() });
export const pauseResource = z.object({
  agent: z.string(),
  reason: z.string(),
  pausedAt: z.string(),
  pausedBy: z.string(),
});
export type PauseResource = z.infer<typeof pauseResource>;
export const pauseList = z.object({ items: z.array(pauseResource) });
export const resumedResource = z.object({ agent: z.string(), paused: z.literal(false) });
