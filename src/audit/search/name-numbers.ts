/** Numbers for names, on the side that writes. Names are many times fewer than events. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { NameField } from './index-schema.ts';

/** Hostile senders may make up names without end; the table takes them, memory does not. */
const MAX_REMEMBERED = 100_000;

export class NameNumbers {
  readonly #remembered = new Map<string, number>();
  readonly #find: StatementSync;
  readonly #add: StatementSync;

  constructor(db: DatabaseSync) {
    this.#find = db.prepare('SELECT id FROM names WHERE field = ? AND value = ?');
    this.#add = db.prepare('INSERT INTO names (field, value) VALUES (?, ?)');
  }

  numberOf(field: NameField, value: string): number {
    const key = `${field}:${value}`;
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    const row = this.#find.get(field, value);
    const id = Number(row?.id ?? this.#add.run(field, value).lastInsertRowid);
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(key, id);
    return id;
  }

  /** After a transaction that was rolled back: its numbers are gone. */
  forget(): void {
    this.#remembered.clear();
  }
}
