import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Types are those that SQLite and PostgreSQL both know. */
const STATEMENTS = [
  `CREATE TABLE agents (
     id text PRIMARY KEY,
     workspace_id text NOT NULL,
     name text NOT NULL,
     replicas integer NOT NULL CHECK (replicas >= 0),
     active_revision integer,
     active_generation integer,
     target_revision integer,
     target_generation integer,
     target_replicas integer,
     last_generation integer NOT NULL,
     last_revision integer NOT NULL,
     deployment_id text,
     deleting integer NOT NULL,
     created_at_ms bigint NOT NULL,
     updated_at_ms bigint NOT NULL,
     UNIQUE (workspace_id, name),
     CHECK ((active_revision IS NULL) = (active_generation IS NULL)),
     CHECK ((target_revision IS NULL) = (target_generation IS NULL))
   )`,
  `CREATE TABLE revisions (
     id text PRIMARY KEY,
     workspace_id text NOT NULL,
     agent_id text NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
     number integer NOT NULL,
     image_digest text NOT NULL,
     image_origin text NOT NULL,
     image_config text NOT NULL,
     config text NOT NULL,
     source text NOT NULL,
     content_hash text NOT NULL,
     created_at_ms bigint NOT NULL,
     created_by text NOT NULL,
     UNIQUE (agent_id, number)
   )`,
  // Deployments outlive their agent, so that the log of a first one that failed can be read.
  `CREATE TABLE deployments (
     id text PRIMARY KEY,
     workspace_id text NOT NULL,
     agent_id text NOT NULL,
     agent_name text NOT NULL,
     kind text NOT NULL,
     state text NOT NULL,
     step text,
     from_revision integer,
     to_revision integer,
     generation integer,
     creates_agent integer NOT NULL,
     request text NOT NULL,
     error text,
     created_at_ms bigint NOT NULL,
     finished_at_ms bigint,
     created_by text NOT NULL
   )`,
  `CREATE INDEX deployments_by_agent ON deployments (workspace_id, agent_name, id)`,
  `CREATE INDEX deployments_unfinished ON deployments (state) WHERE finished_at_ms IS NULL`,
  `CREATE TABLE deployment_events (
     workspace_id text NOT NULL,
     deployment_id text NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
     seq integer NOT NULL,
     event text NOT NULL,
     PRIMARY KEY (deployment_id, seq)
   )`,
  `CREATE TABLE machines (
     id text PRIMARY KEY,
     workspace_id text NOT NULL,
     agent_id text NOT NULL REFERENCES agents (id),
     revision integer NOT NULL,
     generation integer NOT NULL,
     replica integer NOT NULL,
     state text NOT NULL,
     reason text,
     on_host integer NOT NULL,
     exit text,
     created_at_ms bigint NOT NULL,
     started_at_ms bigint,
     healthy_at_ms bigint,
     ended_at_ms bigint
   )`,
  `CREATE INDEX machines_by_agent ON machines (agent_id, id)`,
  `CREATE TABLE slots (
     workspace_id text NOT NULL,
     agent_id text NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
     generation integer NOT NULL,
     replica integer NOT NULL,
     state text NOT NULL,
     failures integer NOT NULL,
     restarts integer NOT NULL,
     next_start_at_ms bigint,
     reason text,
     failure text,
     PRIMARY KEY (agent_id, generation, replica)
   )`,
  `CREATE TABLE principals (
     id text PRIMARY KEY,
     workspace_id text NOT NULL,
     kind text NOT NULL,
     name text NOT NULL,
     created_at_ms bigint NOT NULL
   )`,
  `CREATE TABLE tokens (
     id text PRIMARY KEY,
     workspace_id text NOT NULL,
     principal_id text NOT NULL REFERENCES principals (id) ON DELETE CASCADE,
     name text NOT NULL,
     secret_sha256 text NOT NULL UNIQUE,
     scopes text NOT NULL,
     created_at_ms bigint NOT NULL,
     expires_at_ms bigint,
     revoked_at_ms bigint,
     last_used_at_ms bigint
   )`,
  `CREATE TABLE idempotency_keys (
     workspace_id text NOT NULL,
     principal_id text NOT NULL,
     key text NOT NULL,
     request_hash text NOT NULL,
     status integer,
     response text,
     created_at_ms bigint NOT NULL,
     expires_at_ms bigint NOT NULL,
     PRIMARY KEY (workspace_id, principal_id, key)
   )`,
];

export const initial: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
