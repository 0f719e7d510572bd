/** Writes tiles and then the checkpoint that covers them, off the writer's own thread of work. */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PendingTiles, Tile } from '../tree/pending-tiles.ts';
import { partialTilesPath, tilePath } from '../tree/tile-path.ts';

/** What a workspace's log has to publish. */
export interface Publishable {
  readonly tiles: PendingTiles;
  checkpoint(): { readonly size: number; readonly note: string };
}

export class Publisher {
  readonly #dir: string;
  #running: Promise<unknown> = Promise.resolve();
  #published: string | undefined;
  /** Partial tiles that are there, by level. */
  readonly #partial = new Map<number, string>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /**
   * All that is committed when it begins; one at a time. Tiles are durable before the checkpoint
   * that needs them takes its place.
   * @returns the checkpoint's text
   */
  publish(log: Publishable): Promise<string> {
    const next = this.#running.then(() => this.#publish(log));
    this.#running = next.catch(() => undefined);
    return next;
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #publish(log: Publishable): Promise<string> {
    const { full, partial } = log.tiles.tiles();
    const { note } = log.checkpoint();
    if (note === this.#published) return note;
    const changed = partial.filter((tile) => this.#partial.get(tile.level) !== tilePath(tile));
    await this.#writeTiles([...full, ...changed]);
    await this.#writeFile(join(this.#dir, 'checkpoint'), Buffer.from(note), 'checkpoint');
    await syncFolder(this.#dir);
    this.#published = note;
    log.tiles.settle(full);
    for (const tile of partial) this.#partial.set(tile.level, tilePath(tile));
    for (const { level, index } of full)
      await rm(join(this.#dir, partialTilesPath(level, index)), { recursive: true, force: true });
    return note;
  }

  /** One after the other: more at the same time would delay commits, which use the same disk. */
  async #writeTiles(tiles: readonly Tile[]): Promise<void> {
    const folders = new Set<string>();
    for (const tile of tiles) {
      const path = join(this.#dir, tilePath(tile));
      await this.#makeFolder(dirname(path), folders);
      folders.add(dirname(path));
      await this.#writeFile(path, tile.hashes, 'tile-open');
    }
    for (const folder of folders) await syncFolder(folder);
  }

  /** Notes the folders above new ones: their names are to be made durable, too. */
  async #makeFolder(dir: string, changed: Set<string>): Promise<void> {
    if (changed.has(dir)) return;
    const made = await mkdir(dir, { recursive: true, mode: 0o700 });
    if (made === undefined) return;
    for (let at = dir; at.length >= made.length; at = dirname(at)) changed.add(dirname(at));
  }

  async #writeFile(path: string, bytes: Buffer, temporaryName: string): Promise<void> {
    const temporary = join(this.#dir, 'tmp', temporaryName);
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  }
}

async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
