/**
 * Items of several sources as they come, sources added while it runs. A source waits while
 * `maxQueued` items are unread, so a slow reader slows its sources instead of filling memory.
 * Ends when `run` has ended and `signal` has not fired, or when the signal fires.
 */
export async function* mergeLive<T>(
  options: { maxQueued: number; signal: AbortSignal },
  run: (add: (source: AsyncGenerator<T>) => void, signal: AbortSignal) => Promise<void>,
): AsyncGenerator<T> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, options.signal]);
  const queue: T[] = [];
  let failure: { error: unknown } | undefined;
  let ended = false;
  let itemCame = () => {};
  let roomCame: (() => void)[] = [];
  const wakeAll = () => {
    itemCame();
    for (const wake of roomCame) wake();
    roomCame = [];
  };
  const fail = (error: unknown) => {
    if (!signal.aborted) failure ??= { error };
    wakeAll();
  };
  const pump = async (source: AsyncGenerator<T>) => {
    for await (const item of source) {
      while (queue.length >= options.maxQueued && !signal.aborted)
        await new Promise<void>((resolve) => roomCame.push(resolve));
      if (signal.aborted) return;
      queue.push(item);
      itemCame();
    }
  };
  signal.addEventListener('abort', wakeAll);
  run((source) => void pump(source).catch(fail), signal)
    .then(() => {
      ended = true;
      itemCame();
    })
    .catch(fail);
  try {
    for (;;) {
      const item = queue.shift();
      if (item !== undefined) {
        for (const wake of roomCame.splice(0, 1)) wake();
        yield item;
        continue;
      }
      if (failure !== undefined) throw failure.error;
      if (ended || signal.aborted) return;
      await new Promise<void>((resolve) => {
        itemCame = resolve;
      });
    }
  } finally {
    stop.abort();
  }
}
