/**
 * SQLite does not notice a bit that changed inside a value. So an index that is closed is left with
 * its SHA-256 beside it, and one that is not as it was left is made again. After a crash there is
 * no such file; then damage is noticed when it is read.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

const CHUNK_BYTES = 4 * 1024 * 1024;
/** Hashing a larger one would delay every start and end by more than a few seconds. */
const MAX_BYTES = 4 * 1024 ** 3;

/** Closes the index. */
export function closeWithSeal(db: DatabaseSync, path: string): void {
  const checkpoint = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
  db.close();
  if (checkpoint?.busy === 0 && statSync(path).size <= MAX_BYTES)
    writeFileSync(`${path}.sum`, `${sumOf(path)}\n`);
}

/**
 * To be asked once, before the index is opened: the sum is removed, for the file changes now.
 * @returns false when the index is not as it was left
 */
export function takeSeal(path: string): boolean {
  const sumPath = `${path}.sum`;
  if (!existsSync(sumPath)) return true;
  const sum = readFileSync(sumPath, 'latin1').trim();
  const journal = `${path}-wal`;
  const isLeft =
    existsSync(path) &&
    (!existsSync(journal) || statSync(journal).size === 0) &&
    sumOf(path) === sum;
  rmSync(sumPath, { force: true });
  return isLeft;
}

function sumOf(path: string): string {
  const sum = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const fd = openSync(path, 'r');
  try {
    for (;;) {
      const bytes = readSync(fd, chunk, 0, CHUNK_BYTES, null);
      if (bytes === 0) return sum.digest('hex');
      sum.update(chunk.subarray(0, bytes));
    }
  } finally {
    closeSync(fd);
  }
}
