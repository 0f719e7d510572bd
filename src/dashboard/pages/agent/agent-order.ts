import type { AgentResource } from '../../../contracts/resources.ts';

type Ordered = Pick<AgentResource, 'name' | 'state' | 'replicas'>;

/**
 * Those that need somebody first, then by name. One that fails again and again stays where it is
 * while its state goes to and fro.
 */
export function byNeed(paused: ReadonlySet<string>): (a: Ordered, b: Ordered) => number {
  return (a, b) => needOf(a, paused) - needOf(b, paused) || byName(a, b);
}

export function byName(a: Pick<Ordered, 'name'>, b: Pick<Ordered, 'name'>): number {
  return a.name < b.name ? -1 : 1;
}

/** Of the replica that has most of them. */
export function failuresInRow({ items }: Pick<Ordered['replicas'], 'items'>): number {
  return Math.max(0, ...items.map(({ failures }) => failures));
}

/** 0: the most. */
function needOf({ name, state, replicas }: Ordered, paused: ReadonlySet<string>): number {
  if (state === 'failed') return 0;
  if (state === 'degraded' || failuresInRow(replicas) > 0) return 1;
  if (paused.has(name)) return 2;
  return state === 'stopped' ? 4 : 3;
}
