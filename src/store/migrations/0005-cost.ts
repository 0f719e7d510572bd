import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Of one key: how many calls, their tokens by class, and the decimal sum of their cost. */
const SUMS = `calls bigint NOT NULL,
     input_tokens bigint NOT NULL,
     output_tokens bigint NOT NULL,
     cache_read_tokens bigint NOT NULL,
     cache_write_tokens bigint NOT NULL,
     reasoning_tokens bigint NOT NULL,
     amount text NOT NULL,
     unpriced bigint NOT NULL,
     usage_missing bigint NOT NULL`;

const STATEMENTS = [
  // Few rows a day: what reports and budgets read. Empty text stands where there is none.
  `CREATE TABLE cost_days (
     workspace_id text NOT NULL,
     day text NOT NULL,
     agent text NOT NULL,
     provider text NOT NULL,
     model text NOT NULL,
     tool text NOT NULL,
     ${SUMS},
     PRIMARY KEY (workspace_id, day, agent, provider, model, tool)
   )`,
  // The same sums once more by run: as many rows as there are runs.
  `CREATE TABLE cost_runs (
     workspace_id text NOT NULL,
     day text NOT NULL,
     agent text NOT NULL,
     run text NOT NULL,
     provider text NOT NULL,
     model text NOT NULL,
     tool text NOT NULL,
     ${SUMS},
     PRIMARY KEY (workspace_id, day, agent, run, provider, model, tool)
   )`,
  // Entries of the audit log up to this one are in the sums.
  `CREATE TABLE cost_watermarks (
     workspace_id text PRIMARY KEY,
     seq bigint NOT NULL
   )`,
  `CREATE TABLE cost_machine_meters (
     machine_id text PRIMARY KEY,
     workspace_id text NOT NULL,
     up_to_ms bigint NOT NULL
   )`,
  `CREATE TABLE cost_prices (
     workspace_id text NOT NULL,
     name text NOT NULL,
     version text NOT NULL,
     format text NOT NULL,
     content text NOT NULL,
     created_at_ms bigint NOT NULL,
     created_by text NOT NULL,
     PRIMARY KEY (workspace_id, name)
   )`,
  `CREATE TABLE cost_budgets (
     workspace_id text NOT NULL,
     name text NOT NULL,
     agent text,
     period text NOT NULL,
     limit_money text,
     limit_tokens bigint,
     thresholds text NOT NULL,
     allow_unpriced integer NOT NULL,
     updated_at_ms bigint NOT NULL,
     updated_by text NOT NULL,
     PRIMARY KEY (workspace_id, name)
   )`,
  `CREATE TABLE cost_pauses (
     workspace_id text NOT NULL,
     agent text NOT NULL,
     reason text NOT NULL,
     paused_at_ms bigint NOT NULL,
     paused_by text NOT NULL,
     PRIMARY KEY (workspace_id, agent)
   )`,
];

export const cost: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
