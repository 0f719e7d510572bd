import { useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import type { EventResource } from '../../contracts/event.ts';
import type { AgentResource } from '../../contracts/resources.ts';
import { type LiveTerms, setLiveTerms } from './live-connection.ts';
import { type LiveState, liveState, onEvent, onLive } from './live-store.ts';

export function useLive(): LiveState {
  return useSyncExternalStore(onLive, liveState);
}

/** undefined: not known (yet). */
export function useAgent(name: string): AgentResource | undefined {
  return useLive().agents?.find((agent) => agent.name === name);
}

/** Events as they begin and end, while the component is there. `reset`: ask for lists anew. */
export function useEvents(take: (told: EventResource | 'reset') => void): void {
  const latest = useEffectEvent(take);
  useEffect(() => onEvent((told) => latest(told)), []);
}

/** The events that come while this page is open: those that match; all again when it is left. */
export function useLiveTerms(terms: LiveTerms): void {
  const key = JSON.stringify(terms);
  useEffect(() => {
    setLiveTerms(JSON.parse(key) as LiveTerms);
    return () => setLiveTerms({});
  }, [key]);
}
