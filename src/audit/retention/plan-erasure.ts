/** Decides what retention may take, as questions to the index. Pure. */
import type { EventTerms } from '../../contracts/event-query.ts';
import type { AuditHoldRow, AuditRetentionRow } from '../../store/store.ts';
import { eventTimeNs } from './event-time-ns.ts';

const DAY_NS = 86_400_000_000_000n;
/** As many as one query takes. */
const AGENTS_A_QUERY = 50;

export type Erasable = 'payloads' | 'events';

/** One setting applied: what `find` names goes, but for what any of `spare` names. */
export interface Sweep {
  readonly what: Erasable;
  /** Whose setting demands it; null: the workspace's. */
  readonly agent: string | null;
  readonly days: number;
  /** Nanoseconds since 1970: what began before. */
  readonly beforeNs: bigint;
  readonly find: EventTerms;
  readonly spare: readonly EventTerms[];
}

/**
 * Events first: their payloads go with them, and need no erasure of their own. Open intents are
 * spared by whoever carries the sweeps out, since no terms name them.
 */
export function planErasure(given: {
  readonly settings: readonly Pick<
    AuditRetentionRow,
    'agent' | 'keepPayloadsDays' | 'keepEventsDays'
  >[];
  readonly holds: readonly Pick<AuditHoldRow, 'agent' | 'run' | 'since' | 'until'>[];
  readonly nowMs: number;
}): readonly Sweep[] {
  const { settings, holds, nowMs } = given;
  const ownSettings = settings.flatMap(({ agent }) => (agent === null ? [] : [agent]));
  const sweeps: Sweep[] = [];
  for (const { agent, keepPayloadsDays, keepEventsDays } of settings) {
    const add = (what: Erasable, days: number | null) => {
      if (days === null) return;
      const beforeNs = BigInt(nowMs) * 1_000_000n - BigInt(days) * DAY_NS;
      if (beforeNs <= 0n) return;
      const limits: EventTerms = { untilNs: beforeNs, ...(agent !== null && { agent: [agent] }) };
      const spare = [
        { ...limits, kind: ['audit.*'] },
        ...holds.flatMap((hold) => heldTerms(hold, limits)),
        ...(agent === null ? agentTerms(ownSettings, limits) : []),
      ];
      sweeps.push({ what, agent, days, beforeNs, find: limits, spare });
    };
    add('events', keepEventsDays);
    if (keepEventsDays === null || (keepPayloadsDays ?? keepEventsDays) < keepEventsDays)
      add('payloads', keepPayloadsDays);
  }
  return sweeps.sort((a, b) => Number(a.what === 'payloads') - Number(b.what === 'payloads'));
}

/** What of a hold lies within the limits; nothing when it is about another agent or later times. */
function heldTerms(
  hold: Pick<AuditHoldRow, 'agent' | 'run' | 'since' | 'until'>,
  limits: EventTerms,
): readonly EventTerms[] {
  if (hold.agent !== null && limits.agent !== undefined && !limits.agent.includes(hold.agent))
    return [];
  const sinceNs = hold.since === null ? undefined : eventTimeNs(hold.since);
  const untilNs = hold.until === null ? limits.untilNs : eventTimeNs(hold.until);
  if (sinceNs !== undefined && limits.untilNs !== undefined && sinceNs >= limits.untilNs) return [];
  return [
    {
      ...limits,
      ...(hold.agent !== null && { agent: [hold.agent] }),
      ...(hold.run !== null && { run: hold.run }),
      ...(sinceNs !== undefined && { sinceNs }),
      ...(untilNs !== undefined && { untilNs }),
    },
  ];
}

function agentTerms(agents: readonly string[], limits: EventTerms): readonly EventTerms[] {
  const terms: EventTerms[] = [];
  for (let from = 0; from < agents.length; from += AGENTS_A_QUERY)
    terms.push({ ...limits, agent: agents.slice(from, from + AGENTS_A_QUERY) });
  return terms;
}
