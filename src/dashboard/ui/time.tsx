import { useSyncExternalStore } from 'react';

const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'narrow' });
const SAME_DAY = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const OTHER_DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** One timer for all ages on the page. */
const listeners = new Set<() => void>();
let tick = Math.floor(Date.now() / 1000);
let timer: ReturnType<typeof setInterval> | undefined;
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    tick = Math.floor(Date.now() / 1000);
    for (const told of listeners) told();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
/** Seconds since the epoch, anew every second. */
export function useNowSeconds(): number {
  return useSyncExternalStore(subscribe, () => tick);
}

interface TimeProps {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** As an age, `3 min. ago`, which goes on. */
  readonly relative?: boolean;
  readonly className?: string;
}

/** In the viewer’s zone; the exact time in UTC on hover and for machines. */
export function Time({ at, relative, className }: TimeProps) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return <span className={className}>{at.slice(0, 40)}</span>;
  return (
    <time dateTime={at} title={at} className={className}>
      {relative ? <Age ms={date.getTime()} /> : localTime(date)}
    </time>
  );
}

function Age({ ms }: { readonly ms: number }) {
  return age(ms, useNowSeconds() * 1000);
}

function age(ms: number, nowMs: number): string {
  const seconds = Math.round((ms - nowMs) / 1000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS[3];
  return Math.abs(seconds) < 2 ? 'now' : RELATIVE.format(Math.trunc(seconds / size), unit);
}

export function localTime(date: Date): string {
  const today = date.toDateString() === new Date().toDateString();
  return (today ? SAME_DAY : OTHER_DAY).format(date);
}
