import type { EventResource } from '../../../contracts/event.ts';

/** The newest calls, the newest first; of one that was told more than once what was told last. */
export function newestCalls(
  listed: readonly EventResource[],
  told: readonly EventResource[],
  max: number,
): readonly EventResource[] {
  const byId = new Map<string, EventResource>();
  for (const event of [...listed, ...told]) {
    const known = byId.get(event.id);
    // A list that was asked for after the call ended knows more than what was told at its begin.
    if (known === undefined || endOf(event) >= endOf(known)) byId.set(event.id, event);
  }
  return [...byId.values()].sort((a, b) => b.seq - a.seq).slice(0, max);
}

function endOf({ seq, completedSeq }: EventResource): number {
  return completedSeq ?? seq;
}
