import { describeError } from '../base/errors.ts';
import type { EgressCaller } from '../contracts/egress.ts';
import type { GuestProcessSpec } from '../contracts/guest.ts';
import type { AgentRow, MachineRow } from '../store/store.ts';
import type { FleetContext } from './fleet-context.ts';
import { processSpecOf } from './process-spec.ts';
import type { RevisionSpec } from './revision-specs.ts';

interface MachineOf {
  readonly agent: Pick<AgentRow, 'name' | 'workspaceId'>;
  readonly machine: MachineRow;
  readonly spec: RevisionSpec;
}

/**
 * What runs in a machine that ran before swarmd was restarted, with its way out opened again. Only
 * a health check that is a command needs the environment; what it refers to may be gone by now.
 */
export async function adoptedProcess(
  context: Pick<FleetContext, 'outlets' | 'log'>,
  of: MachineOf,
): Promise<GuestProcessSpec> {
  const { agent, machine, spec } = of;
  await context.outlets?.adopt(callerOf(of), { config: spec.config });
  const { revision, replica } = machine;
  const process = processSpecOf(spec.process, { agent: agent.name, revision, replica });
  if (spec.health.check.type !== 'command') return process;
  return await machineProcess(context, of).then(
    (made) => made.process,
    (error: unknown) => {
      const fields = { machineId: machine.id, error: describeError(error) };
      context.log.warn(fields, 'a machine’s health check lacks what its environment refers to');
      return process;
    },
  );
}

/** What runs in one machine, with its way out opened. Idempotent. @throws secret_not_found */
export async function machineProcess(
  { outlets }: Pick<FleetContext, 'outlets'>,
  of: MachineOf,
): Promise<{ readonly process: GuestProcessSpec; readonly authority?: string }> {
  const { agent, machine, spec } = of;
  const { revision, replica } = machine;
  const process = processSpecOf(spec.process, { agent: agent.name, revision, replica });
  if (outlets === undefined) return { process };
  const { config } = spec;
  const { env, authority } = await outlets.open(callerOf(of), { config, env: process.env });
  return { process: { ...process, env }, authority };
}

function callerOf({ agent, machine }: MachineOf): EgressCaller {
  const { id, revision, replica } = machine;
  const { workspaceId, name } = agent;
  return { workspaceId, agent: name, revision, replica, machineId: id };
}
