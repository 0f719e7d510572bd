import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const STATEMENTS = [
  `CREATE TABLE workspace_keys (
     workspace_id text PRIMARY KEY,
     root_key_id text NOT NULL,
     wrapped_key text NOT NULL,
     created_at_ms bigint NOT NULL
   )`,
  // An empty agent is the workspace's own secret: NULL would not be unique. A row stays when the
  // secret is deleted, so that a version's number never means two values.
  `CREATE TABLE secrets (
     workspace_id text NOT NULL,
     agent text NOT NULL,
     name text NOT NULL,
     mode text NOT NULL,
     hosts text NOT NULL,
     headers text NOT NULL,
     allow_http integer NOT NULL,
     version integer NOT NULL,
     created_at_ms bigint NOT NULL,
     updated_at_ms bigint NOT NULL,
     updated_by text NOT NULL,
     last_used_at_ms bigint,
     deleted_at_ms bigint,
     PRIMARY KEY (workspace_id, agent, name)
   )`,
  // Without envelope: the version ended and its value was erased.
  `CREATE TABLE secret_versions (
     workspace_id text NOT NULL,
     agent text NOT NULL,
     name text NOT NULL,
     version integer NOT NULL,
     envelope text,
     created_at_ms bigint NOT NULL,
     created_by text NOT NULL,
     ended_at_ms bigint,
     last_used_at_ms bigint,
     PRIMARY KEY (workspace_id, agent, name, version)
   )`,
];

export const secrets: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
