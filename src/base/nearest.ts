/**
 * The edit distance with swaps of neighbours counted as one (optimal string alignment), so that
 * "helath" is as near to "health" as "healt" is.
 */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a.charAt(i - 1) === b.charAt(j - 1);
      let cost = Math.min(
        at(previous, j) + 1,
        at(current, j - 1) + 1,
        at(previous, j - 1) + (same ? 0 : 1),
      );
      const swapped = a.charAt(i - 1) === b.charAt(j - 2) && a.charAt(i - 2) === b.charAt(j - 1);
      if (i > 1 && j > 1 && swapped) cost = Math.min(cost, at(beforePrevious, j - 2) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}

/** Words longer than this are compared by their beginning: input may be hostile. */
const LONGEST_COMPARED = 64;

/** How a word is compared: `gracePeriod`, `grace-period` and `grace_period` are one. */
function normalise(word: string): string {
  return word.slice(0, LONGEST_COMPARED).toLowerCase().replaceAll(/[-_]/g, '');
}

/**
 * The candidate most like `word`, or undefined when none is near enough to be what was meant:
 * at most a third of the letters may differ, and one of them in any case but single letters.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = normalise(word);
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const known = normalise(candidate);
    const limit = Math.max(1, Math.floor(Math.max(wanted.length, known.length) / 3));
    // A length that differs by more than the limit cannot be within it.
    if (Math.abs(wanted.length - known.length) > limit) continue;
    const distance = editDistance(wanted, known);
    if (distance > limit || distance >= Math.min(wanted.length, known.length)) continue;
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
