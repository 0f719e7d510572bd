/** Follows the segments of one workspace and keeps one index file up with them. */
import { existsSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { describeError } from '../../base/errors.ts';
import { readFrames } from '../log/segment-reader.ts';
import type { CommittedLog, StoredEntry } from '../ports.ts';
import { decodeEntry } from './decode-entry.ts';
import type { EntryContent } from './event-row.ts';
import { createIndexDatabase, openIndexDatabase } from './index-schema.ts';
import { takeSeal } from './index-seal.ts';
import { type IndexProgress, IndexWriter, readProgress } from './index-writer.ts';

/** A transaction holds so many when there are as many: about 100 ms of work. */
const BATCH_ENTRIES = 5_000;
const BATCH_BYTES = 16 * 1024 * 1024;

/** Says why an index is made again. */
export type IndexFlaw = (reason: string) => void;

export class IndexBuilder {
  readonly dir: string;
  readonly db: DatabaseSync;
  readonly writer: IndexWriter;
  #progress: IndexProgress;

  private constructor(dir: string, db: DatabaseSync) {
    this.dir = dir;
    this.db = db;
    this.writer = new IndexWriter(db);
    this.#progress = readProgress(db);
  }

  /** An empty one in place of what is there. @param dir of the workspace */
  static create(dir: string, path: string): IndexBuilder {
    removeIndexFile(path);
    return new IndexBuilder(dir, createIndexDatabase(path));
  }

  /** What is there, if it is an index of this log; else an empty one. */
  static open(
    options: { readonly dir: string; readonly path: string; readonly log: CommittedLog },
    flaw: IndexFlaw,
  ): IndexBuilder {
    const { dir, path, log } = options;
    if (!existsSync(path)) return IndexBuilder.create(dir, path);
    let db: DatabaseSync | undefined;
    try {
      if (!takeSeal(path)) throw new Error('it is not as it was left');
      db = openIndexDatabase(path);
      if (db === undefined) throw new Error('it was made by another version');
      const builder = new IndexBuilder(dir, db);
      builder.#checkLog(log);
      return builder;
    } catch (error) {
      if (db?.isOpen === true) db.close();
      flaw(describeError(error));
      return IndexBuilder.create(dir, path);
    }
  }

  get size(): number {
    return this.#progress.size;
  }

  /** Puts the next batch in. @returns whether there was one. @throws SQLite's and the log's errors */
  advance(log: CommittedLog): boolean {
    if (log.size <= this.size) return false;
    const from = this.#progress.end;
    const contents: EntryContent[] = [];
    let progress = this.#progress;
    let bytes = 0;
    const range = { from, to: log.end, verifyLeaves: false };
    for (const frame of readFrames(this.dir, range)) {
      for (const stored of frame.entries) {
        const content = contentOf(stored);
        if (content !== undefined) contents.push(content);
        bytes += stored.location.leafBytes + stored.location.payloadBytes;
      }
      progress = {
        size: (frame.entries.at(-1)?.seq ?? progress.size - 1) + 1,
        end: frame.end,
        last: { position: frame.position, root: frame.root.toString('hex') },
      };
      if (progress.size - this.size >= BATCH_ENTRIES || bytes >= BATCH_BYTES) break;
    }
    if (progress.size === this.size) throw new Error('the log is shorter than it was said to be');
    this.writer.write({ firstSeq: this.size, start: from, contents, progress });
    this.#progress = progress;
    return true;
  }

  close(): void {
    if (this.db.isOpen) this.db.close();
  }

  /** Is the log the one that was indexed, and no shorter? */
  #checkLog(log: CommittedLog): void {
    const { size, last } = this.#progress;
    if (size > log.size) throw new Error(`it knows ${size} entries and the log has ${log.size}`);
    if (last === undefined) return;
    const range = { from: last.position, to: this.#progress.end, verifyLeaves: false };
    const [frame] = readFrames(this.dir, range);
    if (frame?.root.toString('hex') !== last.root)
      throw new Error('it was made from another log than this one');
  }
}

export function removeIndexFile(path: string): void {
  // The main file first: a journal without it is nothing, and it without its journal may be broken.
  for (const suffix of ['', '-wal', '-shm', '.sum']) rmSync(`${path}${suffix}`, { force: true });
}

/** undefined for an entry that is erased, and for one that is not as it was: the verifier tells of it. */
function contentOf(stored: StoredEntry): EntryContent | undefined {
  try {
    const decoded = decodeEntry(stored);
    if (decoded?.entry.seq !== stored.seq) return undefined;
    const { entry, payload } = decoded;
    return { entry, payload, location: stored.location };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
