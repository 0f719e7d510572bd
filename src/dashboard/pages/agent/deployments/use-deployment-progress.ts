import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { DeploymentEvent } from '../../../../contracts/resources.ts';
import { follow } from '../../../live/live-follow.ts';
import { advance, NO_PROGRESS, type Progress } from './deployment-progress.ts';

const DRAW_EVERY_MS = 100;
const FAILED = 'swarmd cannot read the progress now; its own log says why.';

/** Steps and log of a deployment, as it goes on. */
export function useDeploymentProgress(id: string): Progress & { readonly error: unknown } {
  const queries = useQueryClient();
  const [progress, setProgress] = useState<Progress>(NO_PROGRESS);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    let waiting: DeploymentEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      const events = waiting;
      waiting = [];
      timer = undefined;
      setProgress((before) => advance(before, events));
    };
    setProgress(NO_PROGRESS);
    setError(undefined);
    const unfollow = follow({
      query: { deployment: id },
      // A connection that says nothing yet is no news.
      opened: () => undefined,
      take(message) {
        if (message.type === 'deployment') {
          waiting.push(...message.events);
          timer ??= setTimeout(draw, DRAW_EVERY_MS);
        } else if (message.type === 'deployment_ended') {
          if (message.reason === 'failed') setError(new Error(FAILED));
          void queries.invalidateQueries({ queryKey: ['deployments'] });
        }
      },
      refused: setError,
    });
    return () => {
      unfollow();
      clearTimeout(timer);
    };
  }, [id, queries]);
  return { ...progress, error };
}
