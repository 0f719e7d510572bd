import { type Clock, isoTime } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { DeploymentEvent } from '../contracts/resources.ts';
import type { Store } from '../store/store.ts';

/** Older events of a deployment are dropped: a build may say a great deal. */
export const EVENTS_KEPT = 5_000;
const TRIM_EVERY = 1_000;
/** Lines that come while so many events wait to be written are counted, and left out. */
const MAX_PENDING = 2_000;
/** Lines are gathered for so long before they are written together. */
const FLUSH_MS = 50;
export const MAX_TEXT_LENGTH = 4_096;

type StepEvent = Extract<DeploymentEvent, { type: 'step' }>;
type LogEvent = Extract<DeploymentEvent, { type: 'log' }>;

export interface DeploymentLogOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly deployment: { readonly id: string; readonly workspaceId: string };
  readonly lastSeq: number;
}

/** The events of a deployment under way: numbered, written in batches, told to readers. */
export class DeploymentLog {
  readonly #options: DeploymentLogOptions;
  readonly #listeners = new Set<() => void>();
  #seq: number;
  #pending: DeploymentEvent[] = [];
  #leftOut = 0;
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #untrimmed = 0;

  constructor(options: DeploymentLogOptions) {
    this.#options = options;
    this.#seq = options.lastSeq;
  }

  step(
    step: string,
    state: StepEvent['state'],
    extra: Pick<StepEvent, 'detail' | 'fraction' | 'durationMs'> = {},
  ): void {
    const detail = extra.detail?.slice(0, MAX_TEXT_LENGTH);
    this.#append({
      type: 'step',
      ...this.next(),
      step,
      state,
      ...extra,
      ...(detail !== undefined && { detail }),
    });
  }

  line(from: LogEvent['from'], text: string): void {
    if (this.#pending.length >= MAX_PENDING) {
      this.#leftOut++;
      return;
    }
    this.#append({ type: 'log', ...this.next(), from, text: text.slice(0, MAX_TEXT_LENGTH) });
  }

  /** The number and time of the next event. */
  next(): { seq: number; time: string } {
    return { seq: ++this.#seq, time: isoTime(this.#options.clock.nowMs()) };
  }

  /** Called when there is more to read. Returns the unsubscribe function. */
  onNews(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Everything appended so far is in the store when it resolves. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #append(event: DeploymentEvent): void {
    this.#pending.push(event);
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  async #write(): Promise<void> {
    const { store, deployment, log } = this.#options;
    const batch = this.#pending.splice(0, 500);
    if (batch.length === 0) return;
    if (this.#leftOut > 0) {
      const count = this.#leftOut;
      this.#leftOut = 0;
      this.line('swarm', `${count} lines left out: they came faster than they can be kept`);
    }
    try {
      await store.deployments.appendEvents(deployment, batch);
      this.#untrimmed += batch.length;
      if (this.#untrimmed >= TRIM_EVERY) {
        this.#untrimmed = 0;
        await store.deployments.trimEvents(deployment.id, { keep: EVENTS_KEPT });
      }
    } catch (error) {
      // Progress is worth less than the deployment itself.
      log.warn({ deployment: deployment.id, error: describeError(error) }, 'events were lost');
    }
    this.tell();
    if (this.#pending.length > 0) await this.#write();
  }
}
