import type { RunStep } from './run-steps.ts';

interface Where {
  readonly steps: readonly RunStep[];
  /** Of those that are shown. */
  readonly places: readonly number[];
  readonly folded: ReadonlySet<string>;
  /** Among those that are shown. */
  readonly at: number;
  /** Steps that fit on the screen. */
  readonly page: number;
}

/** What a key does on a step of the tree: go to another, open it, fold or unfold it. */
export function stepAfter(where: Where, key: string): number | 'open' | 'fold' | undefined {
  const { steps, places, folded, at, page } = where;
  const step = steps[places[at] ?? -1];
  if (step === undefined) return undefined;
  const isFolded = folded.has(step.event.id);
  if (key === 'Enter' || key === ' ') return 'open';
  if (key === 'ArrowLeft') {
    if (step.below > 0 && !isFolded) return 'fold';
    return step.parent < 0 ? undefined : places.indexOf(step.parent);
  }
  if (key === 'ArrowRight') {
    if (step.below === 0) return undefined;
    return isFolded ? 'fold' : at + 1;
  }
  const to = {
    ...{ ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: places.length - 1 },
    ...{ PageDown: at + page, PageUp: at - page },
  }[key];
  return to === undefined ? undefined : Math.max(0, Math.min(places.length - 1, to));
}
