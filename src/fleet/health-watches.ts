import type { GuestProcessSpec } from '../contracts/guest.ts';
import type { MachineRow } from '../store/store.ts';
import type { FleetContext } from './fleet-context.ts';
import type { ProbeResult } from './health.ts';
import { HealthWatch } from './health-watch.ts';
import { statesBefore } from './machine-moves.ts';
import { readSlot, recordEnd } from './record-end.ts';
import type { RevisionSpec } from './revision-specs.ts';

type Context = Pick<FleetContext, 'store' | 'machines' | 'clock' | 'specs' | 'log' | 'random'> &
  FleetContext;

/** The health watches of all machines that run here; what they find out is written down. */
export class HealthWatches {
  readonly #context: Context;
  readonly #look: (agentId: string) => void;
  readonly #watches = new Map<string, HealthWatch>();

  constructor(context: FleetContext, look: (agentId: string) => void) {
    this.#context = context;
    this.#look = look;
  }

  get(machineId: string): HealthWatch | undefined {
    return this.#watches.get(machineId);
  }

  open(what: { machine: MachineRow; spec: RevisionSpec; process: GuestProcessSpec }): HealthWatch {
    const { machine, spec, process } = what;
    this.close(machine.id);
    const { machines, clock, log } = this.#context;
    const watch = new HealthWatch({
      machineId: machine.id,
      ...spec.health,
      process,
      machines,
      clock,
      onPhase: (phase, last) => {
        this.#record({ machine, spec, phase, last }).catch((error: unknown) =>
          log.error({ machineId: machine.id, error }, 'a health change could not be recorded'),
        );
      },
    });
    this.#watches.set(machine.id, watch);
    return watch;
  }

  close(machineId: string): void {
    this.#watches.get(machineId)?.end();
    this.#watches.delete(machineId);
  }

  closeAll(): void {
    for (const machineId of [...this.#watches.keys()]) this.close(machineId);
  }

  async #record(change: {
    machine: MachineRow;
    spec: RevisionSpec;
    phase: 'healthy' | 'unhealthy';
    last: ProbeResult;
  }): Promise<void> {
    const { store, clock } = this.#context;
    const { machine, phase, last } = change;
    if (phase === 'healthy')
      await store.transaction(async (tables) => {
        const moved = await tables.machines.change(machine.id, {
          from: statesBefore('healthy'),
          state: 'healthy',
          reason: null,
          healthyAtMs: clock.nowMs(),
        });
        if (moved) await tables.slots.put({ ...(await readSlot(tables, machine)), reason: null });
      });
    else {
      const failure = {
        code: last.nobodyListens === true ? 'nobody_listens' : 'health_check_failed',
        message: `unhealthy: ${last.detail}`,
        remedy: 'See the health section of agent.yaml and the log of the agent.',
      };
      await recordEnd(this.#context, {
        machineId: machine.id,
        cause: { type: 'unhealthy', failure },
      });
    }
    this.#look(machine.agentId);
  }
}
