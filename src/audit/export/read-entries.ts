/** Entries by their places, in the order they are asked for, each checked against the tree. */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { auditErrors } from '../errors.ts';
import { payloadCommitment } from '../log/encode-entry.ts';
import { segmentName } from '../log/segment-format.ts';
import type { EntryLocation } from '../ports.ts';
import { TILE_WIDTH, tileAt } from '../tree/tile-path.ts';
import type { TileSource } from '../tree/tile-source.ts';
import { HASH_BYTES, hashLeaf } from '../tree/tree-hash.ts';
import type { ExportedEntry } from './export-row.ts';

export type EntryPlace = EntryLocation & { readonly seq: number };

const MAX_SPAN_BYTES = 1024 * 1024;
/** What lies between two entries is read with them when it is no more than that. */
const MAX_GAP_BYTES = 16 * 1024;
/** Erasing goes on beside this: bytes that are half of it are read again. */
const READS = 5;
const PAUSE_MS = 50;

interface Part {
  readonly offset: number;
  readonly length: number;
}

export interface EntrySource {
  /** Of the workspace. */
  readonly dir: string;
  readonly tiles: TileSource;
  /** Of the tree. */
  readonly size: number;
}

export class CheckedEntries implements AsyncDisposable {
  readonly #source: EntrySource;
  #file: { readonly segment: number; readonly handle: FileHandle } | undefined;
  #tile: { readonly index: number; readonly hashes: Buffer } | undefined;

  constructor(source: EntrySource) {
    this.#source = source;
  }

  /** @throws audit_log_damaged, audit_proof_unavailable */
  async *read(places: readonly EntryPlace[]): AsyncGenerator<ExportedEntry> {
    for (let from = 0; from < places.length; ) {
      const to = spanEnd(places, from);
      const span = places.slice(from, to);
      const leaves = await this.#parts(span, leafOf);
      const payloads = await this.#parts(span, payloadOf);
      for (const [i, place] of span.entries())
        yield await this.#checked(place, leaves[i], payloads[i]);
      from = to;
    }
  }

  async #parts(
    span: readonly EntryPlace[],
    partOf: (place: EntryPlace) => Part,
  ): Promise<Buffer[]> {
    const parts = span.map(partOf);
    const there = parts.filter(({ length }) => length > 0);
    const start = there[0]?.offset ?? 0;
    const last = there.at(-1);
    const bytes = await this.#bytes(span[0]?.segment ?? 0, {
      offset: start,
      length: last === undefined ? 0 : last.offset + last.length - start,
    });
    return parts.map(({ offset, length }) =>
      length === 0 ? bytes.subarray(0, 0) : bytes.subarray(offset - start, offset - start + length),
    );
  }

  async #bytes(segment: number, { offset, length }: Part): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0);
    if (this.#file?.segment !== segment) {
      await this.#file?.handle.close();
      this.#file = undefined;
      const handle = await open(join(this.#source.dir, 'segments', segmentName(segment)), 'r');
      this.#file = { segment, handle };
    }
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.#file.handle.read(bytes, 0, length, offset);
    return bytes.subarray(0, bytesRead);
  }

  async #checked(
    place: EntryPlace,
    leaf: Buffer | undefined,
    payload: Buffer | undefined,
  ): Promise<ExportedEntry> {
    const { seq } = place;
    const leafHash = await this.#leafHash(seq);
    let [leafBytes, payloadBytes] = [leaf, payload];
    for (let read = 1; ; read++) {
      const entry = wholeEntry({ place, leafHash, leaf: leafBytes, payload: payloadBytes });
      if (entry !== undefined) return entry;
      if (read === READS)
        throw auditErrors.audit_log_damaged(
          `Entry ${seq} in segment ${segmentName(place.segment)} is not the one in the tree.`,
        );
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      leafBytes = await this.#bytes(place.segment, leafOf(place));
      payloadBytes = await this.#bytes(place.segment, payloadOf(place));
    }
  }

  async #leafHash(seq: number): Promise<Buffer> {
    const index = Math.floor(seq / TILE_WIDTH);
    if (this.#tile?.index !== index) {
      const hashes = await this.#source.tiles.readTile(tileAt(0, seq, this.#source.size));
      this.#tile = { index, hashes };
    }
    const at = (seq % TILE_WIDTH) * HASH_BYTES;
    return this.#tile.hashes.subarray(at, at + HASH_BYTES);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.handle.close();
    this.#file = undefined;
  }
}

function leafOf({ leafOffset, leafBytes }: EntryPlace): Part {
  return { offset: leafOffset, length: leafBytes };
}

function payloadOf({ payloadOffset, payloadBytes }: EntryPlace): Part {
  return { offset: payloadOffset, length: payloadBytes };
}

/** Places that one read for entries and one for payloads get without much between them. */
function spanEnd(places: readonly EntryPlace[], from: number): number {
  const first = places[from];
  if (first === undefined) return from + 1;
  let previous = first;
  let bytes = first.leafBytes + first.payloadBytes;
  for (let to = from + 1; ; to++) {
    const next = places[to];
    if (next === undefined || next.segment !== first.segment) return to;
    const gap = next.leafOffset - previous.leafOffset - previous.leafBytes;
    const payloadGap = next.payloadOffset - previous.payloadOffset - previous.payloadBytes;
    if (gap < 0 || gap > MAX_GAP_BYTES || payloadGap < 0 || payloadGap > MAX_GAP_BYTES) return to;
    bytes += gap + payloadGap + next.leafBytes + next.payloadBytes;
    if (bytes > MAX_SPAN_BYTES) return to;
    previous = next;
  }
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

/** @returns undefined when it is neither what was written nor what erasing leaves */
function wholeEntry(read: {
  readonly place: EntryPlace;
  readonly leafHash: Buffer;
  readonly leaf: Buffer | undefined;
  readonly payload: Buffer | undefined;
}): ExportedEntry | undefined {
  const { leaf, leafHash, payload, place } = read;
  const { seq } = place;
  if (leaf?.length !== place.leafBytes || payload?.length !== place.payloadBytes) return undefined;
  const entry = { seq, leafHash: leafHash.toString('base64') };
  if (!hashLeaf(leaf).equals(leafHash))
    return isZero(leaf) && isZero(payload)
      ? { ...entry, leaf: undefined, payload: undefined }
      : undefined;
  if (payload.length === 0) return { ...entry, leaf, payload: undefined };
  if (isZero(payload)) return { ...entry, leaf, payload: null };
  const commit = leaf.includes(`"commit":"${payloadCommitment(payload)}"`);
  return commit ? { ...entry, leaf, payload } : undefined;
}
