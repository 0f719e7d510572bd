/** Which entries say how a call ended, and their sums. Pure. */
import type { AuditEntry } from '../../contracts/event.ts';
import { OUTCOME_SLOT_MS, type OutcomeGroup } from '../../contracts/outcome.ts';

export const CALL_KIND = 'gateway.call';
export const REFUSED_IN: readonly string[] = [CALL_KIND, 'gateway.upgrade'];
export const REFUSED_OUT: readonly string[] = ['egress.call', 'egress.connection'];
/** Their attribute `count` says how many. */
export const COUNTED_IN = 'gateway.calls_refused';
export const COUNTED_OUT = 'egress.calls_refused';

export interface MutableSums {
  calls: number;
  errors: number;
  refusedIn: number;
  refusedOut: number;
}

export function noOutcomes(): MutableSums {
  return { calls: 0, errors: 0, refusedIn: 0, refusedOut: 0 };
}

/** Adds what a kind and a status mean. @returns whether they mean anything */
export function addOutcome(
  sums: MutableSums,
  {
    kind,
    status,
    count,
  }: { readonly kind: string; readonly status: string; readonly count: number },
): boolean {
  if (status === 'refused') {
    if (kind === COUNTED_IN || REFUSED_IN.includes(kind)) sums.refusedIn += count;
    else if (kind === COUNTED_OUT || REFUSED_OUT.includes(kind)) sums.refusedOut += count;
    else return false;
    return true;
  }
  if (kind !== CALL_KIND || status === 'open') return false;
  sums.calls += count;
  if (status !== 'ok') sums.errors += count;
  return true;
}

/** How many calls an entry stands for. */
export function countOf({ kind, attributes }: Pick<AuditEntry, 'kind' | 'attributes'>): number {
  if (kind !== COUNTED_IN && kind !== COUNTED_OUT) return 1;
  const count = attributes?.count;
  return typeof count === 'number' && Number.isInteger(count) && count > 0 ? count : 1;
}

type Group = MutableSums & { agent?: string; slot: number; durationsMs: number[] };

export class OutcomeGroups {
  readonly #groups = new Map<string, Group>();

  /** @returns whether it was an outcome */
  add(entry: AuditEntry): boolean {
    if (entry.phase === 'intent') return false;
    // A completion's own time is the end.
    const ended = entry.phase === 'completion' ? entry.time : entry.recorded;
    const slot = Math.floor(Date.parse(ended) / OUTCOME_SLOT_MS);
    if (!Number.isFinite(slot)) return false;
    const { agent, kind, status, durationNs } = entry;
    const key = `${slot} ${agent ?? ''}`;
    const known = this.#groups.get(key);
    const group = known ?? {
      ...{ ...noOutcomes(), slot, durationsMs: [] },
      ...(agent !== undefined && { agent }),
    };
    if (!addOutcome(group, { kind, status, count: countOf(entry) })) return false;
    if (known === undefined) this.#groups.set(key, group);
    if (status !== 'refused' && durationNs !== undefined) group.durationsMs.push(durationNs / 1e6);
    return true;
  }

  list(): readonly OutcomeGroup[] {
    return [...this.#groups.values()];
  }
}
