import type { Clock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { SecretStore } from '../store/store.ts';
import { type HeldValues, RETAINED_MS } from './held-values.ts';

/** A little after a value has its time, so that it has it by then. */
const LOOK_AFTER_MS = RETAINED_MS + 5_000;

/** Erases the values of versions that ended, in memory and in the store, when nothing needs them. */
export function createEraser(options: {
  readonly store: { readonly secrets: SecretStore };
  readonly held: HeldValues;
  readonly clock: Clock;
  readonly log: Logger;
}) {
  const { store, held, clock, log } = options;
  let timer: NodeJS.Timeout | undefined;

  async function erase(): Promise<void> {
    held.forgetEnded();
    const erased = await store.secrets.eraseEnvelopes(clock.nowMs() - RETAINED_MS);
    if (erased > 0) log.info({ versions: erased }, 'values of ended secret versions are erased');
    if (await store.secrets.hasEndedEnvelopes()) later();
  }

  function later(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      erase().catch((error: unknown) => {
        log.warn({ error: describeError(error) }, 'ended secret versions could not be erased');
        later();
      });
    }, LOOK_AFTER_MS).unref();
  }

  return {
    erase,
    /** A version ended: its value goes when it has its time. */
    later,
    close: () => clearTimeout(timer),
  };
}
