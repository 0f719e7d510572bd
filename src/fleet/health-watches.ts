import { sleep } from '../base/wait.ts';
import type { GuestProcessSpec } from '../contracts/guest.ts';
import type { MachineRow } from '../store/store.ts';
import { fleetEvents } from './events.ts';
import type { FleetContext } from './fleet-context.ts';
import type { ProbeResult } from './health.ts';
import { HealthWatch } from './health-watch.ts';
import { statesBefore } from './machine-moves.ts';
import { readSlot, recordEnd } from './record-end.ts';
import type { RevisionSpec } from './revision-specs.ts';
import { tellMachine } from './tell-machine.ts';

type Context = Pick<FleetContext, 'store' | 'machines' | 'clock' | 'specs' | 'log' | 'random'> &
  FleetContext;

interface HealthChange {
  readonly machine: MachineRow;
  readonly spec: RevisionSpec;
  readonly phase: 'healthy' | 'unhealthy';
  readonly last: ProbeResult;
}

/** The health watches of all machines that run here; what they find out is written down. */
export class HealthWatches {
  readonly #context: Context;
  readonly #look: (agentId: string) => void;
  readonly #watches = new Map<string, HealthWatch>();
  readonly #newest = new WeakMap<HealthWatch, HealthChange>();

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
    const { machines, clock } = this.#context;
    const watch = new HealthWatch({
      machineId: machine.id,
      ...spec.health,
      process,
      machines,
      clock,
      onPhase: (phase, last) => void this.#recordSurely(watch, { machine, spec, phase, last }),
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

  /** A change is told once: what a full disk did not take is written when it does. Never throws. */
  async #recordSurely(watch: HealthWatch, change: HealthChange): Promise<void> {
    const { log, retryMs } = this.#context;
    const machineId = change.machine.id;
    // A later change, or the machine's end, makes this one void.
    this.#newest.set(watch, change);
    while (this.#watches.get(machineId) === watch && this.#newest.get(watch) === change)
      try {
        return await this.#record(change);
      } catch (error) {
        log.error({ machineId, error }, 'a health change could not be recorded yet');
        await sleep(retryMs, undefined, { ref: false });
      }
  }

  async #record(change: HealthChange): Promise<void> {
    const { store, clock } = this.#context;
    const { machine, phase, last } = change;
    if (phase === 'healthy') {
      const becameHealthy = await store.transaction(async (tables) => {
        const moved = await tables.machines.change(machine.id, {
          from: statesBefore('healthy'),
          state: 'healthy',
          reason: null,
          healthyAtMs: clock.nowMs(),
        });
        if (moved) await tables.slots.put({ ...(await readSlot(tables, machine)), reason: null });
        return moved;
      });
      if (becameHealthy)
        await tellMachine(this.#context, machine, { kind: fleetEvents['machine.healthy'] });
    } else {
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
