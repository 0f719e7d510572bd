/** Numbers for names, on the side that writes. Names are many times fewer than events. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { NameField } from './index-schema.ts';

/** Hostile senders may make up names without end; the table takes them, memory does not. */
const MAX_REMEMBERED = 50_000;

export class NameNumbers {
  readonly #remembered = new Map<NameField, Map<string, number>>();
  readonly #find: StatementSync;
  readonly #add: StatementSync;

  constructor(db: DatabaseSync) {
    this.#find = db.prepare('SELECT id FROM names WHERE field = ? AND value = ?');
    this.#add = db.prepare('INSERT INTO names (field, value) VALUES (?, ?)');
  }

  numberOf(field: NameField, value: string): number {
    const known = this.#remembered.get(field)?.get(value);
    if (known !== undefined) return known;
    const row = this.#find.get(field, value);
    const id = Number(row?.id ?? this.#add.run(field, value).lastInsertRowid);
    let ofField = this.#remembered.get(field);
    if (ofField === undefined || ofField.size >= MAX_REMEMBERED) {
      ofField = new Map();
      this.#remembered.set(field, ofField);
    }
    ofField.set(value, id);
    return id;
  }

  /** After a transaction that was rolled back: its numbers are gone. */
  forget(): void {
    this.#remembered.clear();
  }
}
