/**
 * What this browser remembers of a log, so that a server cannot put another one in its place: the
 * key that somebody pinned, and the newest checkpoint that was verified with it. Both are public.
 */
import { useSyncExternalStore } from 'react';

const KEY = 'swarm.audit.key';
const CHECKPOINT = 'swarm.audit.checkpoint:';

export interface PinnedKey {
  readonly text: string;
  /** RFC 3339. */
  readonly pinnedAt: string;
}
export interface KeptCheckpoint {
  /** The signed text. */
  readonly note: string;
  readonly verifiedAt: string;
}

const listeners = new Set<() => void>();
/** Read once a change, so that what is compared by identity stays the same. */
const read = new Map<string, unknown>();

function remembered<T>(name: string, isRight: (value: Partial<T>) => boolean): T | undefined {
  if (!read.has(name)) read.set(name, parse<T>(localStorage.getItem(name), isRight));
  return read.get(name) as T | undefined;
}

function parse<T>(text: string | null, isRight: (value: Partial<T>) => boolean): T | undefined {
  try {
    const value = JSON.parse(text ?? 'null') as Partial<T> | null;
    return value !== null && typeof value === 'object' && isRight(value) ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

function remember(name: string, value: object | undefined): void {
  if (value === undefined) localStorage.removeItem(name);
  else localStorage.setItem(name, JSON.stringify(value));
  changed();
}

function changed(): void {
  read.clear();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // Another tab pinned or forgot it.
  addEventListener('storage', changed);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) removeEventListener('storage', changed);
  };
}

export function pinnedKey(): PinnedKey | undefined {
  return remembered<PinnedKey>(KEY, ({ text }) => typeof text === 'string');
}
export function pinKey(text: string): void {
  remember(KEY, { text, pinnedAt: new Date().toISOString() });
}
/** With the checkpoints that were verified with it. */
export function forgetKey(): void {
  for (const name of Object.keys(localStorage))
    if (name.startsWith(CHECKPOINT)) localStorage.removeItem(name);
  remember(KEY, undefined);
}

/** @param origin of the log: the checkpoint’s first line */
export function keptCheckpoint(origin: string): KeptCheckpoint | undefined {
  return remembered<KeptCheckpoint>(
    CHECKPOINT + origin,
    ({ note }) => typeof note === 'string' && note.length < 100_000,
  );
}
export function keepCheckpoint(origin: string, note: string): void {
  remember(CHECKPOINT + origin, { note, verifiedAt: new Date().toISOString() });
}

export function usePinnedKey(): PinnedKey | undefined {
  return useSyncExternalStore(subscribe, pinnedKey);
}
export function useKeptCheckpoint(origin: string): KeptCheckpoint | undefined {
  return useSyncExternalStore(subscribe, () => keptCheckpoint(origin));
}
