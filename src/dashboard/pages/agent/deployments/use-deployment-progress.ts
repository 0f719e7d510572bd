import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { DeploymentEvent } from '../../../../contracts/resources.ts';
import { deploymentEvents } from '../../../api/deployments.ts';
import { advance, NO_PROGRESS, type Progress } from './deployment-progress.ts';

const DRAW_EVERY_MS = 100;

/** Steps and log of a deployment, as it goes on. */
export function useDeploymentProgress(id: string): Progress & { readonly error: unknown } {
  const queries = useQueryClient();
  const [progress, setProgress] = useState<Progress>(NO_PROGRESS);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const stopped = new AbortController();
    let waiting: DeploymentEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      const events = waiting;
      waiting = [];
      timer = undefined;
      setProgress((before) => advance(before, events));
    };
    const read = async () => {
      for await (const event of deploymentEvents(id, stopped.signal)) {
        waiting.push(event);
        timer ??= setTimeout(draw, DRAW_EVERY_MS);
      }
      void queries.invalidateQueries({ queryKey: ['deployments'] });
    };
    setProgress(NO_PROGRESS);
    setError(undefined);
    read().catch((thrown) => {
      if (!stopped.signal.aborted) setError(thrown);
    });
    return () => {
      stopped.abort();
      clearTimeout(timer);
    };
  }, [id, queries]);
  return { ...progress, error };
}
