import { useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import { liveState, onLive } from './live-store.ts';

/** What failed while swarmd was away is asked for again when it is back. */
export function useRetryWhenLive(error: unknown, retry: () => void): void {
  const failed = error !== undefined && error !== null;
  const isLive = useSyncExternalStore(onLive, () => liveState().link.state === 'live');
  const again = useEffectEvent(() => {
    if (failed) retry();
  });
  useEffect(() => {
    if (isLive) again();
  }, [isLive]);
}
