import { useEffect, useRef, useState } from 'react';
import type { Step } from '../../audit-proof/steps.ts';
import { runVerification, type Verification, type VerificationResult } from './run-verification.ts';

export interface Progress {
  readonly of: 'event' | 'log';
  readonly steps: readonly Step[];
  /** Absent: it is under way, or there is an error. */
  readonly result?: VerificationResult;
  readonly error?: unknown;
}

type How = Pick<Verification, 'key' | 'workspace' | 'older'>;

/** One verification at a time: a new one takes the place of the one under way. */
export function useVerification(how: How) {
  const [progress, setProgress] = useState<Progress>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  /** @param eventId undefined: the log as a whole */
  const run = (eventId: string | undefined) => {
    running.current?.abort();
    const ended = new AbortController();
    running.current = ended;
    const { signal } = ended;
    let now: Progress = { of: eventId === undefined ? 'log' : 'event', steps: [] };
    const show = (more: Partial<Progress>) => {
      now = { ...now, ...more };
      if (!signal.aborted) setProgress(now);
    };
    show({});
    const told = (step: Step) => show({ steps: [...now.steps, step] });
    runVerification({ ...how, eventId, signal, told }).then(
      (result) => show({ result }),
      (error: unknown) => show({ error }),
    );
  };
  const busy = progress !== undefined && !progress.result && progress.error === undefined;
  return { progress, busy, run };
}
