import { type PathSegment, parseRedactPath } from '../../contracts/redact-path.ts';

/** How far each path has come at a place of a document: a bit for each number of parts passed. */
export type PathProgress = Int32Array;

/** Follows all paths of a policy at once while a document is read. Its work is bounded by their number. */
export class PathMatcher {
  readonly #paths: readonly (readonly PathSegment[])[];

  /** @throws Error for a path that validation should have refused */
  constructor(paths: readonly string[]) {
    this.#paths = paths.map((text) => {
      const parsed = parseRedactPath(text);
      if (!parsed.ok) throw new Error(`bad path, character ${parsed.at}: ${parsed.message}`);
      return parsed.segments;
    });
  }

  get size(): number {
    return this.#paths.length;
  }

  /** Writes the progress at the document's root. @returns whether it is named itself */
  begin(into: PathProgress): boolean {
    into.fill(1);
    return this.#paths.some((segments) => segments.length === 0);
  }

  /** Whether any path can still come to its end below. */
  static alive(progress: PathProgress): boolean {
    for (let i = 0; i < progress.length; i++) if (progress[i] !== 0) return true;
    return false;
  }

  /** Writes the progress of a child to `into`. @returns whether a path ends at it */
  step(from: PathProgress, key: string | number, into: PathProgress): boolean {
    let matched = false;
    for (let i = 0; i < this.#paths.length; i++) {
      const segments = this.#paths[i] as readonly PathSegment[];
      const before = from[i] ?? 0;
      let after = 0;
      for (let bit = 0; before >> bit !== 0; bit++) {
        if (((before >> bit) & 1) === 0) continue;
        const segment = segments[bit];
        if (segment === undefined) continue;
        if (segment.descendant) after |= 1 << bit;
        if (!selects(segment, key)) continue;
        if (bit + 1 === segments.length) matched = true;
        else after |= 1 << (bit + 1);
      }
      into[i] = after;
    }
    return matched;
  }
}

function selects({ selectors }: PathSegment, key: string | number): boolean {
  for (const selector of selectors) {
    if (selector.type === 'any') return true;
    if (selector.type === 'name' ? selector.name === key : selector.index === key) return true;
  }
  return false;
}
