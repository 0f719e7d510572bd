import type { CommittedLog } from '../../src/audit/ports.ts';
import type { TrailState } from '../../src/contracts/trail.ts';

/** What a victim says of itself, a JSON line each. */
export type VictimReport =
  /** Loaded; begins when it is told to. */
  | { readonly type: 'warm' }
  /** It is open, or closed well. */
  | {
      readonly type: 'open' | 'closed';
      readonly workspace: string;
      readonly committed: CommittedLog;
      readonly state: TrailState;
    }
  /** So many entries are on the disk for good. Said before anybody else in the process hears it. */
  | { readonly type: 'committed'; readonly workspace: string; readonly size: number }
  | {
      readonly type: 'acknowledged';
      readonly workspace: string;
      /** Sequence number, id, mark. */
      readonly entries: readonly (readonly [number, string, string])[];
    }
  /** Their ids are their marks; the log alone knows where they lie. */
  | { readonly type: 'ingested'; readonly workspace: string; readonly ids: readonly string[] }
  | { readonly type: 'begun'; readonly what: 'publish' | 'erase' }
  | { readonly type: 'published'; readonly workspace: string; readonly checkpoint: string }
  | { readonly type: 'erased'; readonly workspace: string }
  /** The index against one that was made anew. */
  | { readonly type: 'compared'; readonly workspace: string; readonly wrong: readonly string[] }
  | { readonly type: 'refused'; readonly code: string; readonly message: string }
  | { readonly type: 'state'; readonly state: TrailState };
