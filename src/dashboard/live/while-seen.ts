/**
 * A browser opens six connections to a host for all its tabs together (HTTP/1.1). Streams never end,
 * so tabs that nobody looks at give theirs back: they take them up where they were when looked at.
 */
const UNSEEN_MS = 10_000;

/** `signal` fires when the tab has not been seen for a while. Call `stop` when the stream has ended. */
export function watchUnseen(): { readonly signal: AbortSignal; stop(): void } {
  const unseen = new AbortController();
  const stopped = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (document.visibilityState === 'hidden') timer = setTimeout(() => unseen.abort(), UNSEEN_MS);
  };
  look();
  document.addEventListener('visibilitychange', look, { signal: stopped.signal });
  return {
    signal: unseen.signal,
    stop() {
      stopped.abort();
      clearTimeout(timer);
    },
  };
}

/** Resolves when the tab can be seen, or the signal has fired. */
export function untilSeen(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = new AbortController();
    const look = () => {
      if (document.visibilityState === 'hidden' && !signal.aborted) return;
      done.abort();
      resolve();
    };
    document.addEventListener('visibilitychange', look, { signal: done.signal });
    signal.addEventListener('abort', look, { signal: done.signal });
    look();
  });
}
