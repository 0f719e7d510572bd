import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * Compares a text with the file that is kept of it; `path` is from the repository's root.
 * UPDATE_GOLDEN=1 writes it instead: read the difference before committing it.
 */
export function assertGolden(path: string, text: string): void {
  const absolute = join(ROOT, path);
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(dirname(absolute), { recursive: true });
    writeFileSync(absolute, text);
    return;
  }
  let kept = '';
  try {
    kept = readFileSync(absolute, 'utf8');
  } catch {
    // A missing file differs.
  }
  assert.equal(text, kept, `${path} is out of date; if this is meant: UPDATE_GOLDEN=1`);
}
