/** The kill switch: from the moment `pause` is called, nothing of the agent is let out any more. */
import { type Clock, isoTime } from '../../base/clock.ts';
import type { PauseResource } from '../../contracts/cost.ts';
import type { Trail } from '../../contracts/trail.ts';
import type { CostStore, PauseRow } from '../../store/store.ts';
import { auditedChange, type ChangedBy, oneAtATime } from '../audited-change.ts';
import { costErrors } from '../errors.ts';
import { costEvents } from '../events.ts';
import type { SpendingRules } from './workspace-spending.ts';

export interface Pauses {
  list(): readonly PauseResource[];
  isPaused(agent: string): boolean;
  /**
   * Takes effect at once, also while the audit log or the database cannot be written; a second
   * time keeps the first. @throws store_full, …: it is paused until swarmd ends
   */
  pause(
    agent: string,
    how: { readonly reason: string; readonly by: ChangedBy },
  ): Promise<PauseResource>;
  /** @throws agent_not_paused, audit_unavailable: then it stays paused */
  resume(agent: string, by: ChangedBy): Promise<void>;
}

export interface PausesOptions {
  readonly workspaceId: string;
  readonly store: CostStore;
  readonly trail: Pick<Trail, 'begin' | 'record' | 'note'>;
  readonly clock: Clock;
  readonly rules: Pick<SpendingRules, 'pauses'>;
  /** Ends what is open. */
  onPaused(agent: string): void;
}

export async function openPauses(options: PausesOptions): Promise<Pauses> {
  const { workspaceId, store, trail, clock, rules, onPaused } = options;
  const { pauses } = rules;
  const inTurn = oneAtATime();
  for (const row of await store.pauses(workspaceId)) pauses.set(row.agent, row);
  return {
    list: () => [...pauses.values()].map(resourceOf),
    isPaused: (agent) => pauses.has(agent),
    pause(agent, { reason, by }) {
      const row: PauseRow = pauses.get(agent) ?? {
        ...{ workspaceId, agent, reason: reason.trim(), pausedBy: by.actor.name },
        pausedAtMs: clock.nowMs(),
      };
      const isNew = !pauses.has(agent);
      pauses.set(agent, row);
      onPaused(agent);
      return inTurn(async () => {
        const kind = costEvents['agent.paused'];
        const attributes = { ...by.attributes, reason: row.reason };
        // Told, not asked: a log that cannot be written must not keep the switch from working.
        if (isNew) trail.note({ ...by, kind, agent: agent.slice(0, 100), attributes });
        await store.putPause(row);
        return resourceOf(row);
      });
    },
    resume: (agent, by) =>
      inTurn(async () => {
        const refused = pauses.has(agent)
          ? undefined
          : costErrors.agent_not_paused(`Agent "${agent.slice(0, 100)}" is not paused.`);
        const kind = costEvents['agent.resumed'];
        await auditedChange({ trail, by, change: { kind, agent, attributes: {}, refused } }, () =>
          store.removePause(workspaceId, agent),
        );
        pauses.delete(agent);
      }),
  };
}

function resourceOf({ agent, reason, pausedAtMs, pausedBy }: PauseRow): PauseResource {
  return { agent, reason, pausedAt: isoTime(pausedAtMs), pausedBy };
}
