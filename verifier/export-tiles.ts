/** The tiles of an export: each must lead to the checkpoint's root, none may be missing or too many. */
import type { ExportSource } from './export-source.ts';
import type { Findings } from './findings.ts';
import { HASH_BYTES, rootOfHashes, rootOfPeaks } from './hash-tree.ts';
import type { Checkpoint } from './signed-note.ts';
import { parseTilePath, TILE_WIDTH, type Tile, tilePath } from './tile-path.ts';

function nodesAt(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** The right edge of a tile, as complete subtrees, largest first. */
function subtreesOf(tile: Buffer): string[] {
  const roots: string[] = [];
  let at = 0;
  for (let width = TILE_WIDTH; width > 0; width = Math.floor(width / 2)) {
    if ((Math.floor(tile.length / HASH_BYTES) & width) === 0) continue;
    roots.push(rootOfHashes(tile.subarray(at, at + width * HASH_BYTES)));
    at += width * HASH_BYTES;
  }
  return roots;
}

export class ExportTiles {
  readonly #source: ExportSource;
  readonly #checkpoint: Checkpoint;
  readonly #findings: Findings;
  readonly #used = new Set<string>();
  /** Tiles of level 1 and above that lead to the root; undefined: they do not. */
  readonly #proven = new Map<string, Buffer | undefined>();
  #current: { readonly number: number; readonly hashes: Buffer | undefined } | undefined;

  constructor(options: { source: ExportSource; checkpoint: Checkpoint; findings: Findings }) {
    this.#source = options.source;
    this.#checkpoint = options.checkpoint;
    this.#findings = options.findings;
  }

  /** Those at the right edge make the checkpoint's root: all others hang on them. */
  checkEdge(): void {
    const { size, root } = this.#checkpoint;
    const levels: Buffer[] = [];
    for (let level = 0; nodesAt(size, level) > 0; level += 1) {
      const count = nodesAt(size, level);
      const tile = { level, number: Math.floor(count / TILE_WIDTH), width: count % TILE_WIDTH };
      const hashes = tile.width === 0 ? undefined : this.#read(tile);
      if (tile.width > 0) this.#proven.set(tilePath(tile), hashes);
      levels.unshift(hashes ?? Buffer.alloc(0));
    }
    if (rootOfPeaks(levels.flatMap(subtreesOf)) === root) return;
    const message = "the tiles at the tree's edge do not make the checkpoint's root";
    this.#findings.add({ code: 'checkpoint_root', message, file: 'tile' });
    for (const path of this.#proven.keys()) this.#proven.set(path, undefined);
  }

  /** The leaf hash that the tree has at that place; undefined: that is a finding already. */
  leafAt(seq: number): string | undefined {
    const number = Math.floor(seq / TILE_WIDTH);
    if (this.#current?.number !== number)
      this.#current = { number, hashes: this.#tile({ level: 0, number }) };
    const at = (seq % TILE_WIDTH) * HASH_BYTES;
    return this.#current.hashes?.toString('latin1', at, at + HASH_BYTES);
  }

  #tile({ level, number }: { level: number; number: number }): Buffer | undefined {
    const width = Math.min(TILE_WIDTH, nodesAt(this.#checkpoint.size, level) - number * TILE_WIDTH);
    const tile = { level, number, width };
    const path = tilePath(tile);
    if (this.#proven.has(path)) return this.#proven.get(path);
    const hashes = this.#read(tile);
    const isRight = hashes !== undefined && this.#hangsOnParent(tile, hashes);
    const proven = isRight ? hashes : undefined;
    // Level 0 is asked for in order: keeping it would be keeping the export.
    if (level > 0) this.#proven.set(path, proven);
    return proven;
  }

  #hangsOnParent(tile: Tile, hashes: Buffer): boolean {
    const parent = this.#tile({
      level: tile.level + 1,
      number: Math.floor(tile.number / TILE_WIDTH),
    });
    if (parent === undefined) return false;
    const at = (tile.number % TILE_WIDTH) * HASH_BYTES;
    if (rootOfHashes(hashes) === parent.toString('latin1', at, at + HASH_BYTES)) return true;
    const message = 'it does not lead to the root of the checkpoint';
    this.#findings.add({ code: 'tile_mismatch', message, file: `tile/${tilePath(tile)}` });
    return false;
  }

  #read(tile: Tile): Buffer | undefined {
    const file = `tile/${tilePath(tile)}`;
    this.#used.add(file);
    const hashes = this.#source.read(file, TILE_WIDTH * HASH_BYTES);
    if (hashes?.length === tile.width * HASH_BYTES) return hashes;
    const isThere = this.#source.names().includes(file);
    this.#findings.add({
      code: isThere ? 'tile_length' : 'tile_missing',
      message: isThere ? `it has not ${tile.width} hashes` : 'the proofs of entries need this tile',
      file,
    });
    return undefined;
  }

  /** A tile that no entry needs was not exported by us. */
  checkUnused(names: readonly string[]): void {
    for (const file of names) {
      if (!file.startsWith('tile/') || this.#used.has(file)) continue;
      const isTile = parseTilePath(file.slice('tile/'.length)) !== undefined;
      this.#findings.add({
        code: isTile ? 'tile_extra' : 'unknown_file',
        message: isTile ? 'no entry of the export needs it' : 'an export has no such file',
        file,
      });
    }
  }
}
