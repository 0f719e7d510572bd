import { Hourglass } from 'lucide-react';

/** Sums that are still growing are no sums to act on. */
export function Incomplete() {
  return (
    <p
      role="status"
      className="flex items-center gap-2 rounded-lg bg-info-soft px-4 py-2 text-info"
    >
      <Hourglass className="size-4 shrink-0" aria-hidden />
      swarmd has just started: what happened before is still being added up, and the figures grow
      until it is done.
    </p>
  );
}
