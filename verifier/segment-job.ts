/** What is asked about one segment, and what is answered: crosses between threads. */
import type { FindingsReport } from './findings.ts';

export interface SegmentJob {
  readonly path: string;
  /** Relative to the folder that is verified. */
  readonly file: string;
  /** As the file's name says it. */
  readonly first: number;
  /** A torn tail may only be in the last one. */
  readonly isLast: boolean;
  readonly keyText: string;
  readonly origin: string;
  readonly workspace: string;
  /** Sizes of trees whose roots somebody wants to know. */
  readonly wantedSizes: readonly number[];
  /** Entries from here on were not published: an incomplete last frame there is a torn tail. */
  readonly publishedSize: number;
  /** Check every frame's signature; otherwise one in each 256 entries, and the segment's last. */
  readonly everySignature: boolean;
  /** Folder of the tiles of level 0; undefined: none are looked at. */
  readonly tileFolder?: string;
  /** Partial tiles of level 0 that lie within this segment: number and width. */
  readonly partialTiles: readonly (readonly [number, number])[];
}

/** An entry or payload that does not match: no finding when it was being erased. */
export interface Mismatch {
  readonly what: 'entry' | 'payload';
  readonly seq: number;
  readonly offset: number;
  readonly code: string;
  readonly message: string;
}

export interface ErasedRange {
  readonly what: 'payloads' | 'events';
  readonly first: number;
  /** Included. */
  readonly last: number;
}

/** Half of an action: an intent, or a completion with the sequence number of its intent. */
export interface HalfAction {
  readonly seq: number;
  readonly id: string;
  readonly intent: number;
}

export interface SegmentResult {
  readonly file: string;
  readonly first: number;
  /** Number of entries in complete frames. */
  readonly count: number;
  /** Every byte is accounted for, but for a torn tail. */
  readonly isWhole: boolean;
  readonly bytes: number;
  /** Complete subtrees at the beginning as the header says, and at the end as computed. */
  readonly startPeaks: readonly string[];
  readonly endPeaks: readonly string[];
  readonly roots: readonly (readonly [number, string])[];
  /** Of height 8, completed in this segment. */
  readonly height8: readonly string[];
  /** Leaf hashes up to the first boundary of a tile, and from the last one: at most 255 each. */
  readonly headLeaves: Buffer;
  readonly tailLeaves: Buffer;
  /** A bit for each entry of the segment; empty: none is erased. */
  readonly erasedEntries: Uint8Array;
  readonly erasedPayloads: Uint8Array;
  readonly erasedRanges: readonly ErasedRange[];
  readonly mismatches: readonly Mismatch[];
  readonly mismatchesTotal: number;
  /** Intents that no entry of this segment completes, and completions of intents before it. */
  readonly openIntents: readonly HalfAction[];
  readonly completions: readonly HalfAction[];
  readonly report: FindingsReport;
}
