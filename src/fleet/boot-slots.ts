/** How many machines boot at the same time on this host: booting is what costs CPU. */
export interface BootSlots {
  /** Resolves with the function that gives the place back. @throws the signal's reason */
  take(signal: AbortSignal): Promise<() => void>;
}

export function createBootSlots(count: number): BootSlots {
  let free = count;
  const waiting: (() => void)[] = [];
  const giveBack = () => {
    free++;
    waiting.shift()?.();
  };
  return {
    async take(signal) {
      while (free === 0) {
        signal.throwIfAborted();
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      if (signal.aborted) waiting.shift()?.();
      signal.throwIfAborted();
      free--;
      let given = false;
      return () => {
        if (!given) giveBack();
        given = true;
      };
    },
  };
}
