import type { EgressCaller } from '../../contracts/egress.ts';
import type { EventDraft } from '../../contracts/trail.ts';

/** What every event says of whoever called. */
export function callerFacts(
  caller: EgressCaller,
): Pick<EventDraft, 'actor' | 'agent' | 'revision' | 'replica' | 'machine'> {
  const { agent, revision, replica, machineId } = caller;
  return {
    actor: { type: 'agent', id: `agent:${agent}`, name: agent, auth: 'internal' },
    ...{ agent, revision, replica, machine: machineId },
  };
}

/** Whose connections, budgets and cuts are one. */
export function ownerOf(caller: { readonly workspaceId: string; readonly agent: string }): string {
  return `${caller.workspaceId}/${caller.agent}`;
}
