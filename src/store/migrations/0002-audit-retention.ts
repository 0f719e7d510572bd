import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const STATEMENTS = [
  // An empty agent is the workspace's own setting: NULL would not be unique.
  `CREATE TABLE audit_retention (
     workspace_id text NOT NULL,
     agent text NOT NULL,
     keep_payloads_days integer,
     keep_events_days integer,
     updated_at_ms bigint NOT NULL,
     updated_by text NOT NULL,
     PRIMARY KEY (workspace_id, agent)
   )`,
  `CREATE TABLE audit_holds (
     workspace_id text NOT NULL,
     name text NOT NULL,
     reason text NOT NULL,
     agent text,
     run text,
     since text,
     until text,
     created_at_ms bigint NOT NULL,
     created_by text NOT NULL,
     PRIMARY KEY (workspace_id, name)
   )`,
  `CREATE TABLE audit_erasures (
     workspace_id text PRIMARY KEY,
     done_seq bigint NOT NULL
   )`,
];

export const auditRetention: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
