import type { GuestProcessSpec } from '../contracts/guest.ts';
import type { AgentRow, MachineRow } from '../store/store.ts';
import type { FleetContext } from './fleet-context.ts';
import { processSpecOf } from './process-spec.ts';
import type { RevisionSpec } from './revision-specs.ts';

/** What runs in one machine, with its way out opened. Idempotent. @throws secret_not_found */
export async function machineProcess(
  { outlets }: Pick<FleetContext, 'outlets'>,
  of: {
    readonly agent: Pick<AgentRow, 'name' | 'workspaceId'>;
    readonly machine: MachineRow;
    readonly spec: RevisionSpec;
  },
): Promise<{ readonly process: GuestProcessSpec; readonly authority?: string }> {
  const { agent, machine, spec } = of;
  const { revision, replica } = machine;
  const process = processSpecOf(spec.process, { agent: agent.name, revision, replica });
  if (outlets === undefined) return { process };
  const { workspaceId } = agent;
  const caller = { workspaceId, agent: agent.name, revision, replica, machineId: machine.id };
  const { config } = spec;
  const { env, authority } = await outlets.open(caller, { config, env: process.env });
  return { process: { ...process, env }, authority };
}
