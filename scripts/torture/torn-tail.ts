/**
 * What a power cut leaves and a kill does not: behind the last acknowledged entry the newest segment
 * may end anywhere, and hold zeros where the file was made longer before its bytes came.
 */
import { readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Findings } from '../../verifier/findings.ts';
import { listTiles } from '../../verifier/log-folder.ts';
import { TILE_WIDTH } from '../../verifier/tile-path.ts';
import type { SeededRandom } from './seeded-random.ts';

const HEADER_BYTES = 17;
const HASH_BYTES = 32;
/** Magic, entries, first, time, bytes of entries, bytes of payloads: docs/audit-format.md. */
const HEAD_BYTES = 32;
const ROW_BYTES = 40;
const TAIL_BYTES = HASH_BYTES + 64 + 4 + HASH_BYTES;

/**
 * @param dir of the workspace
 * @param durable entries of which the process said that they are: their frames stay whole
 * @returns what was done, for the report
 */
export async function tearTail(
  dir: string,
  given: { readonly durable: number; readonly random: SeededRandom },
): Promise<string | undefined> {
  const { random } = given;
  const durable = Math.max(given.durable, await publishedSize(dir));
  const names = await readdir(join(dir, 'segments')).catch(() => []);
  const name = names
    .filter((one) => /^\d{20}\.seg$/.test(one))
    .sort()
    .at(-1);
  if (name === undefined || Number(name.slice(0, 20)) > durable) return undefined;
  const path = join(dir, 'segments', name);
  const bytes = await readFile(path);
  const keep = durableEnd(bytes, durable);
  if (keep === undefined) return undefined;
  const cut = keep + random.below(bytes.length - keep + 1);
  await truncate(path, cut);
  const zeros = random.chance(0.5) ? random.below(5_000) : 0;
  if (zeros > 0) await truncate(path, cut + zeros);
  return `${name}: cut from ${bytes.length} to ${cut} (durable to ${keep}), ${zeros} zeros`;
}

/**
 * Tiles and the checkpoint are written of what is durable, by a thread that may be ahead of the one
 * that answers: what they cover no power cut takes away, whether or not anybody was told.
 */
async function publishedSize(dir: string): Promise<number> {
  const checkpoint = await readFile(join(dir, 'checkpoint'), 'utf8').catch(() => '');
  const size = Number(checkpoint.split('\n')[1] ?? 0);
  const leaves = listTiles(dir, new Findings({ strict: false }))
    .filter(({ level }) => level === 0)
    .map(({ number, width }) => number * TILE_WIDTH + width);
  return Math.max(size, ...leaves);
}

/** Behind the last frame that has an acknowledged entry; undefined: the header is not whole. */
function durableEnd(bytes: Buffer, durable: number): number | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  let at = HEADER_BYTES + HASH_BYTES * bytes.readUInt8(16) + HASH_BYTES;
  while (bytes.length >= at + HEAD_BYTES && bytes.toString('latin1', at, at + 4) === 'SWFR') {
    const entries = bytes.readUInt32LE(at + 4);
    if (Number(bytes.readBigUInt64LE(at + 8)) >= durable) break;
    const contents = bytes.readUInt32LE(at + 24) + bytes.readUInt32LE(at + 28);
    at += HEAD_BYTES + ROW_BYTES * entries + contents + TAIL_BYTES;
  }
  return at <= bytes.length ? at : undefined;
}
