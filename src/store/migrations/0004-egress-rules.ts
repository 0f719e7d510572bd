import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const STATEMENTS = [
  `CREATE TABLE egress_rules (
     id text PRIMARY KEY,
     workspace_id text NOT NULL,
     agent text NOT NULL,
     rule text NOT NULL,
     created_at_ms bigint NOT NULL,
     created_by text NOT NULL
   )`,
  `CREATE INDEX egress_rules_of_agent ON egress_rules (workspace_id, agent)`,
  `CREATE TABLE egress_modes (
     workspace_id text NOT NULL,
     agent text NOT NULL,
     mode text NOT NULL,
     updated_at_ms bigint NOT NULL,
     updated_by text NOT NULL,
     PRIMARY KEY (workspace_id, agent)
   )`,
];

export const egressRules: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
