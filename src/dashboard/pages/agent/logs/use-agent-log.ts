import { useEffect, useRef, useState } from 'react';
import { agentLog } from '../../../api/logs.ts';
import { ApiError } from '../../../api/request.ts';
import { untilSeen, watchUnseen } from '../../../live/while-seen.ts';
import { LogBuffer } from './log-buffer.ts';

export interface AgentLog {
  readonly buffer: LogBuffer;
  readonly link: 'connecting' | 'live' | 'lost';
  /** It is refused; nothing more comes. */
  readonly error: unknown;
  /** Counts up with what is in the buffer. */
  readonly version: number;
}

const DRAW_EVERY_MS = 100;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 5_000;

/** The newest `tail` lines and what comes after them; taken up again where a connection broke. */
export function useAgentLog(agent: string, tail: number): AgentLog {
  const buffer = useRef(new LogBuffer());
  const [state, setState] = useState<Omit<AgentLog, 'buffer'>>({
    link: 'connecting',
    error: undefined,
    version: 0,
  });
  useEffect(() => {
    const stopped = new AbortController();
    const log = new LogBuffer();
    buffer.current = log;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      timer = undefined;
      setState((before) => ({ ...before, version: before.version + 1 }));
    };
    const told = () => {
      timer ??= setTimeout(draw, DRAW_EVERY_MS);
    };
    const set = (next: Partial<AgentLog>) =>
      setState((before) => ({ ...before, ...next, version: before.version + 1 }));
    set({ link: 'connecting', error: undefined });
    void follow({ agent, tail, log, told, set, signal: stopped.signal });
    return () => {
      stopped.abort();
      clearTimeout(timer);
    };
  }, [agent, tail]);
  return { buffer: buffer.current, ...state };
}

interface FollowOptions {
  readonly agent: string;
  readonly tail: number;
  readonly log: LogBuffer;
  readonly told: () => void;
  readonly set: (next: Partial<AgentLog>) => void;
  readonly signal: AbortSignal;
}

async function follow({ agent, tail, log, told, set, signal }: FollowOptions): Promise<void> {
  let retryMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    await untilSeen(signal);
    const watch = watchUnseen();
    const seen = AbortSignal.any([signal, watch.signal]);
    try {
      const { lastTime } = log;
      const from = lastTime === undefined ? { tail } : { since: lastTime };
      const onOpen = () => set({ link: 'live', error: undefined });
      for await (const records of agentLog(agent, {
        follow: true,
        ...from,
        signal: seen,
        onOpen,
      })) {
        if (signal.aborted) return;
        log.append(records);
        told();
        retryMs = FIRST_RETRY_MS;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (watch.signal.aborted) continue;
      const refused = error instanceof ApiError && ![0, 502, 503].includes(error.problem.status);
      if (refused) return set({ error, link: 'lost' });
    } finally {
      watch.stop();
    }
    set({ link: 'lost' });
    await new Promise((resolve) => setTimeout(resolve, retryMs));
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  }
}
