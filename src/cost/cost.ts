/**
 * What calls and machines cost, what may be spent, and the switch that stops an agent's calls. The
 * front file of the area: prices/ knows what tokens cost, spending/ lets calls pass or not, ledger/
 * adds up what the audit log says, machine-time/ prices machines.
 */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { DEFAULT_WORKSPACE } from '../contracts/actor.ts';
import type { EgressCaller, Spending } from '../contracts/egress.ts';
import type { Trail } from '../contracts/trail.ts';
import type { Store } from '../store/store.ts';
import type { CostLog } from './ledger/ledger.ts';
import { type CallBounds, DEFAULT_BOUNDS } from './spending/most-cost.ts';
import { openWorkspaceCost, type WorkspaceCost } from './workspace-cost.ts';

export { costErrors } from './errors.ts';
export { costEvents as costKinds } from './events.ts';
export type { CostLog } from './ledger/ledger.ts';
export type { CallBounds } from './spending/most-cost.ts';
export type { WorkspaceCost } from './workspace-cost.ts';

export interface CostOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly costLog: CostLog;
  /** Default: the one there is. */
  readonly workspaceIds?: readonly string[];
  /** For calls that say nothing of how long their answer may be. */
  readonly bounds?: CallBounds;
  trailOf(workspaceId: string): Trail;
  /** Of the agent's policy, for each host. Default: no limit. */
  callsPerMinute?(caller: EgressCaller): number | undefined;
  /** Its open connections are to be ended: they were let out before. */
  onPaused?(agent: { readonly workspaceId: string; readonly agent: string }): void;
}

export interface Cost {
  readonly spending: Spending;
  of(workspaceId: string): WorkspaceCost;
  /** Stores what is not stored yet. The audit log must still be open. */
  close(): Promise<void>;
}

export async function openCost(options: CostOptions): Promise<Cost> {
  const { store, clock, log, costLog, trailOf, callsPerMinute, onPaused } = options;
  const workspaces = new Map<string, WorkspaceCost>();
  for (const workspaceId of options.workspaceIds ?? [DEFAULT_WORKSPACE])
    workspaces.set(
      workspaceId,
      await openWorkspaceCost({
        ...{ workspaceId, store, clock, log, costLog },
        trail: trailOf(workspaceId),
        bounds: options.bounds ?? DEFAULT_BOUNDS,
        callsPerMinute: (caller) => callsPerMinute?.(caller),
        onPaused: (agent) => onPaused?.({ workspaceId, agent }),
      }),
    );
  const of = (workspaceId: string) => {
    const workspace = workspaces.get(workspaceId);
    if (workspace === undefined) throw new Error(`no costs are kept for workspace ${workspaceId}`);
    return workspace;
  };
  return {
    spending: {
      paused: (caller) => of(caller.workspaceId).spending.paused(caller),
      reserve: (call) => of(call.caller.workspaceId).spending.reserve(call),
    },
    of,
    async close() {
      for (const workspace of workspaces.values()) await workspace.close();
    },
  };
}
