import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const STATEMENT = `CREATE TABLE sessions (
  id text PRIMARY KEY,
  workspace_id text NOT NULL,
  token_id text NOT NULL,
  secret_sha256 text NOT NULL,
  header_sha256 text NOT NULL,
  client text NOT NULL,
  address text NOT NULL,
  created_at_ms bigint NOT NULL,
  last_used_at_ms bigint NOT NULL,
  expires_at_ms bigint NOT NULL,
  ended_at_ms bigint
)`;

export const sessions: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql.raw(STATEMENT).execute(db);
  },
};
