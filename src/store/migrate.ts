import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { storeErrors } from './errors.ts';
import { initial } from './migrations/0001-initial.ts';
import { auditRetention } from './migrations/0002-audit-retention.ts';
import { secrets } from './migrations/0003-secrets.ts';
import { egressRules } from './migrations/0004-egress-rules.ts';
import { cost } from './migrations/0005-cost.ts';
import { sessions } from './migrations/0006-sessions.ts';

/** By name, in the order they are applied. A migration that was released is never changed. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-audit-retention': auditRetention,
  '0003-secrets': secrets,
  '0004-egress-rules': egressRules,
  '0005-cost': cost,
  '0006-sessions': sessions,
};

/**
 * Brings the database to this version of the code.
 * @throws store_newer when a newer Swarm has used it already.
 */
export async function migrateToLatest(
  db: Kysely<unknown>,
  options: { path: string; migrations?: Readonly<Record<string, Migration>> },
): Promise<readonly string[]> {
  const migrations = options.migrations ?? MIGRATIONS;
  await refuseNewer(db, { path: options.path, migrations });
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return (results ?? []).map(({ migrationName }) => migrationName);
}

async function refuseNewer(
  db: Kysely<unknown>,
  options: { path: string; migrations: Readonly<Record<string, Migration>> },
): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return;
  const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration`.execute(db);
  const unknown = rows.map(({ name }) => name).filter((name) => !(name in options.migrations));
  if (unknown.length === 0) return;
  const newest = Object.keys(options.migrations).at(-1);
  throw storeErrors.store_newer(
    `The database ${options.path} was written by a newer Swarm: it has ${unknown.join(', ')}, and this version knows nothing after ${newest}.`,
  );
}
