/** Lets Kysely's SQLite dialect run on the SQLite that is built into Node. */
import { chmodSync, closeSync, constants, existsSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { storeErrors } from './errors.ts';

/** Result codes of SQLite that have a meaning for the user: https://sqlite.org/rescode.html */
const CORRUPT_CODES = new Set([11, 26]);
const FULL_CODE = 13;
/** Distinct statements are few and fixed in the code; the bound is for safety only. */
const MAX_CACHED_STATEMENTS = 200;

/**
 * Opens the file, which is made when it is not there.
 * @throws store_unavailable, store_corrupt
 */
export function openSqliteDatabase(path: string): SqliteDatabase {
  const database = openDatabase(path);
  const cache = new Map<string, SqliteStatement>();
  return {
    close: () => {
      cache.clear();
      database.close();
    },
    prepare: (sql) => {
      if (sql === 'rollback' && !database.isTransaction) return NOTHING_TO_UNDO;
      const cached = cache.get(sql);
      if (cached !== undefined) return cached;
      const statement = guarded(path, () => statementOf(path, database.prepare(sql)));
      if (cache.size >= MAX_CACHED_STATEMENTS) cache.clear();
      cache.set(sql, statement);
      return statement;
    },
  };
}

/**
 * A full disk makes SQLite undo the transaction by itself; being told so again is an error, which
 * would hide the first one.
 */
const NOTHING_TO_UNDO: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
};

function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    keepPrivate(path);
    const opened = new DatabaseSync(path);
    database = opened;
    opened.exec('PRAGMA busy_timeout = 5000');
    opened.exec('PRAGMA journal_mode = WAL');
    opened.exec('PRAGMA synchronous = FULL');
    opened.exec('PRAGMA foreign_keys = ON');
    // What is erased is overwritten, and not only unlinked: secrets that ended, for one.
    opened.exec('PRAGMA secure_delete = ON');
    guarded(path, () => {
      const [row] = opened.prepare('PRAGMA quick_check(1)').all();
      if (row?.quick_check === 'ok') return;
      throw storeErrors.store_corrupt(
        `The database ${path} is damaged: ${String(row?.quick_check)}.`,
      );
    });
    return opened;
  } catch (error) {
    database?.close();
    const known = knownError(path, error);
    if (known !== error || (error as { errcode?: number }).errcode === undefined) throw known;
    throw storeErrors.store_unavailable(`The database ${path} could not be opened.`, {
      cause: error,
    });
  }
}

/**
 * Readable by its owner only, whatever the folder it lies in: it holds agents' variables. SQLite
 * gives the files beside it the same mode.
 */
function keepPrivate(path: string): void {
  try {
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600));
    for (const file of [path, `${path}-wal`, `${path}-shm`])
      if (existsSync(file)) chmodSync(file, 0o600);
  } catch (cause) {
    throw storeErrors.store_unavailable(`The database ${path} could not be opened.`, { cause });
  }
}

function statementOf(path: string, statement: StatementSync): SqliteStatement {
  const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => guarded(path, () => statement.all(...values(parameters))),
    run: (parameters) => guarded(path, () => statement.run(...values(parameters))),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  };
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw knownError(path, error);
  }
}

function knownError(path: string, error: unknown): unknown {
  const code = (error as { errcode?: unknown }).errcode;
  if (typeof code !== 'number') return error;
  // Extended codes keep the primary one in their low byte.
  const primary = code & 0xff;
  if (CORRUPT_CODES.has(primary))
    return storeErrors.store_corrupt(`The database ${path} is damaged or not a database.`, {
      cause: error,
    });
  if (primary === FULL_CODE)
    return storeErrors.store_full(`The disk is full: ${path} could not be written.`, {
      cause: error,
    });
  return error;
}
