import type { Clock } from '../base/clock.ts';
import type { GuestProcessSpec } from '../contracts/guest.ts';
import type { Machines } from '../machines/machines.ts';
import {
  type HealthCheck,
  type HealthState,
  type HealthTiming,
  healthAfter,
  nextProbeMs,
  type ProbeResult,
  startingHealth,
} from './health.ts';
import { probe } from './probe.ts';

/**
 * How often the guest is asked what it listens on, besides the events that tell it at once. A
 * question costs an emulated guest tens of milliseconds that its starting process then lacks.
 */
const ASK_LISTENING_MS = 3_000;

export interface HealthWatchOptions {
  readonly machineId: string;
  readonly check: HealthCheck;
  readonly timing: HealthTiming;
  readonly process: GuestProcessSpec;
  readonly machines: Pick<Machines, 'endpoint' | 'run' | 'status'>;
  readonly clock: Clock;
  /** The machine became healthy, or unhealthy. */
  readonly onPhase: (phase: 'healthy' | 'unhealthy', last: ProbeResult) => void;
}

/** Watches one machine's health from the start of its process; one timer for each machine. */
export class HealthWatch {
  readonly #options: HealthWatchOptions;
  #state: HealthState | undefined;
  #listening: readonly number[] | undefined;
  #askedListeningMs = 0;
  #last: ProbeResult | undefined;
  #timer: NodeJS.Timeout | undefined;
  #probing = false;
  #ended = false;

  constructor(options: HealthWatchOptions) {
    this.#options = options;
  }

  get last(): ProbeResult | undefined {
    return this.#last;
  }

  /** The process runs; `healthy`: it was found healthy before swarmd was restarted. */
  begin({ startedAtMs, healthy }: { startedAtMs: number; healthy: boolean }): void {
    if (this.#state !== undefined) return;
    const state = startingHealth(startedAtMs);
    this.#state = healthy ? { ...state, phase: 'healthy' } : state;
    // A process that has just started tells its first port as an event.
    if (!healthy) this.#askedListeningMs = startedAtMs;
    this.#schedule(healthy ? undefined : 0);
  }

  /** What the guest says it listens on. A check that waits for that is made at once. */
  setListening(ports: readonly number[]): void {
    this.#listening = ports;
    if (this.#state?.phase === 'starting') this.#schedule(0);
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #schedule(delayMs?: number): void {
    if (this.#ended || this.#state === undefined || this.#probing) return;
    const { check, timing, clock } = this.#options;
    const port = 'port' in check ? check.port : undefined;
    const mayPass = port !== undefined && (this.#listening?.includes(port) ?? false);
    const nowMs = clock.nowMs();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => void this.#probe(),
      delayMs ?? nextProbeMs(this.#state, { timing, nowMs, mayPass }),
    );
    this.#timer.unref();
  }

  async #probe(): Promise<void> {
    if (this.#probing || this.#ended) return;
    this.#probing = true;
    const listeningBefore = this.#listening;
    const result = await this.#ask();
    this.#probing = false;
    if (this.#ended || this.#state === undefined) return;
    const { timing, clock, onPhase } = this.#options;
    const before = this.#state.phase;
    this.#last = result;
    this.#state = healthAfter(this.#state, { ok: result.ok, timing, nowMs: clock.nowMs() });
    const { phase } = this.#state;
    // It began to listen while the check was under way: look again at once.
    const news = !result.ok && this.#listening !== listeningBefore;
    if (phase !== 'unhealthy') this.#schedule(news && phase === 'starting' ? 0 : undefined);
    if (phase !== before && phase !== 'starting') onPhase(phase, result);
  }

  async #ask(): Promise<ProbeResult> {
    const { check, timing, clock, machines, machineId, process } = this.#options;
    const { timeoutMs } = timing;
    const known = this.#listening;
    const waits = 'port' in check && (known === undefined || this.#last?.nobodyListens === true);
    // Events tell it sooner; asking is for those that were lost.
    if (waits && clock.nowMs() - this.#askedListeningMs >= ASK_LISTENING_MS) {
      this.#askedListeningMs = clock.nowMs();
      const status = await machines.status(machineId, { timeoutMs }).catch(() => undefined);
      if (this.#listening === known) this.#listening = status?.listening ?? known;
    }
    // Unknown until the first event or answer: a connection that nobody listens for would only
    // disturb the start, on a `user` network by seconds.
    const listening = waits ? (this.#listening ?? []) : this.#listening;
    return probe({ check, machines, machineId, listening, process, timeoutMs });
  }
}
