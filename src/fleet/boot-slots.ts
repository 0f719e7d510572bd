/** How many machines boot at the same time on this host: booting is what costs CPU. */
export interface BootSlots {
  /** Resolves with the function that gives the place back. @throws the signal's reason */
  take(signal: AbortSignal): Promise<() => void>;
}

export function createBootSlots(count: number): BootSlots {
  let free = count;
  /** In the order they came; each is given a place that stays taken. */
  const waiting = new Set<() => void>();
  const giveBack = () => {
    const [next] = waiting;
    if (next === undefined) free++;
    else next();
  };
  return {
    async take(signal) {
      signal.throwIfAborted();
      if (free > 0) free--;
      else await waitForPlace(waiting, signal);
      let given = false;
      return () => {
        if (!given) giveBack();
        given = true;
      };
    },
  };
}

function waitForPlace(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const stop = () => {
      waiting.delete(take);
      signal.removeEventListener('abort', onAbort);
    };
    const take = () => {
      stop();
      resolve();
    };
    const onAbort = () => {
      stop();
      reject(signal.reason);
    };
    waiting.add(take);
    signal.addEventListener('abort', onAbort);
  });
}
