/** The index of one workspace on the query thread: opened when asked for, closed when exchanged. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { describeError } from '../../base/errors.ts';
import { searchErrors } from './errors.ts';
import { type NameField, openIndexForReading } from './index-schema.ts';
import { type IndexProgress, readProgress } from './index-writer.ts';
import { isIndexBusy, isIndexDamage, isIndexMissing } from './sqlite-failure.ts';

export type Row = Record<string, unknown>;

const MAX_STATEMENTS = 200;
/** An exchange of the file is a matter of milliseconds. */
const MAX_HELD_MS = 5_000;

export class IndexReader {
  /** Of the workspace. */
  readonly dir: string;
  readonly #onDamage: (reason: string) => void;
  readonly #statements = new Map<string, StatementSync>();
  #db: DatabaseSync | undefined;
  #held: PromiseWithResolvers<undefined> | undefined;

  constructor(dir: string, onDamage: (reason: string) => void) {
    this.dir = dir;
    this.#onDamage = onDamage;
  }

  /** Closes the file until `reopen`. */
  release(): void {
    this.#close();
    this.#held ??= Promise.withResolvers();
  }

  /** There may be another file. */
  reopen(): void {
    this.#close();
    this.#held?.resolve(undefined);
    this.#held = undefined;
  }

  /** To be awaited before a series of reads. @throws audit_index_unavailable */
  async ready(): Promise<void> {
    if (this.#held === undefined) return;
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), MAX_HELD_MS);
    await Promise.race([this.#held.promise, late.promise]);
    clearTimeout(timer);
    if (this.#held !== undefined)
      throw searchErrors.audit_index_unavailable('The index of the audit log is being exchanged.');
  }

  /** @throws audit_index_unavailable */
  all(sql: string, ...params: SQLInputValue[]): Row[] {
    return this.#guarded(() => this.#statement(sql).all(...params));
  }

  get(sql: string, ...params: SQLInputValue[]): Row | undefined {
    return this.#guarded(() => this.#statement(sql).get(...params));
  }

  progress(): IndexProgress {
    return this.#guarded(() => readProgress(this.#open()));
  }

  seed(): number {
    return Number(this.get("SELECT value FROM meta WHERE name = 'seed'")?.value);
  }

  nameNumber(field: NameField, value: string): number | undefined {
    const row = this.get('SELECT id FROM names WHERE field = ? AND value = ?', field, value);
    return row === undefined ? undefined : Number(row.id);
  }

  /** Names that begin so. @param prefix in ASCII */
  nameNumbersBelow(field: NameField, prefix: string): number[] {
    return this.all(
      'SELECT id FROM names WHERE field = ? AND value >= ? AND value < ?',
      ...[field, prefix, `${prefix}\u{10ffff}`],
    ).map(({ id }) => Number(id));
  }

  /** The file says something about the log that is not so. */
  damaged(reason: string): Error {
    this.#close();
    this.#onDamage(reason);
    return searchErrors.audit_index_unavailable(
      'The index of the audit log is damaged and is being made again.',
    );
  }

  close(): void {
    this.#close();
    this.#held?.resolve(undefined);
  }

  #guarded<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (isNoSuchTable(error)) return this.#again(read);
      throw this.#translated(error);
    }
  }

  /** A table of words was exchanged for a newer one: its name is read anew by the caller. */
  #again<T>(read: () => T): T {
    this.#statements.clear();
    try {
      return read();
    } catch (error) {
      if (isNoSuchTable(error)) throw new WordsExchanged();
      throw this.#translated(error);
    }
  }

  #translated(error: unknown): unknown {
    if (isIndexDamage(error)) return this.damaged(describeError(error));
    if (isIndexMissing(error)) {
      this.#close();
      return notThere(error);
    }
    if (!isIndexBusy(error)) return error;
    return searchErrors.audit_index_unavailable(
      `The index of the audit log cannot be read: ${describeError(error)}.`,
      { cause: error },
    );
  }

  #statement(sql: string): StatementSync {
    const db = this.#open();
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    const statement = db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #open(): DatabaseSync {
    if (this.#db !== undefined) return this.#db;
    if (this.#held !== undefined)
      throw searchErrors.audit_index_unavailable('The index of the audit log is being exchanged.');
    const path = join(this.dir, 'index.db');
    if (!existsSync(path)) throw notThere(undefined);
    this.#db = openIndexForReading(path);
    if (this.#db === undefined) throw notThere(undefined);
    return this.#db;
  }

  #close(): void {
    this.#statements.clear();
    if (this.#db?.isOpen === true) this.#db.close();
    this.#db = undefined;
  }
}

/** The names of the tables have to be read again. */
export class WordsExchanged extends Error {}

function isNoSuchTable(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('no such table: words_');
}

function notThere(cause: unknown): Error {
  return searchErrors.audit_index_unavailable(
    'The index of the audit log is not there yet; it is being made.',
    { cause },
  );
}
