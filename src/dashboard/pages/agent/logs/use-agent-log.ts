import { useEffect, useRef, useState } from 'react';
import { follow } from '../../../live/live-follow.ts';
import { useLive } from '../../../live/use-live.ts';
import { LogBuffer } from './log-buffer.ts';

export interface AgentLog {
  readonly buffer: LogBuffer;
  readonly link: 'connecting' | 'live' | 'lost';
  /** It is refused, or over; nothing more comes. */
  readonly error: unknown;
  /** Lines that swarmd left out: they came faster than they could be told. */
  readonly missed: number;
  /** Counts up with what is in the buffer. */
  readonly version: number;
}

interface Told {
  readonly opened: boolean;
  readonly error: unknown;
  readonly missed: number;
  readonly version: number;
}

const DRAW_EVERY_MS = 100;
const NOTHING: Told = { opened: false, error: undefined, missed: 0, version: 0 };

/** The newest `tail` lines and what comes after them, on the tab’s one stream. */
export function useAgentLog(agent: string, tail: number): AgentLog {
  const buffer = useRef(new LogBuffer());
  const [{ opened, ...told }, setTold] = useState(NOTHING);
  const isLost = useLive().link.state === 'lost';
  useEffect(() => {
    const log = new LogBuffer();
    buffer.current = log;
    let [timer, missed]: [ReturnType<typeof setTimeout> | undefined, number] = [undefined, 0];
    const set = (next: Partial<Told>) =>
      setTold((before) => ({ ...before, ...next, version: before.version + 1 }));
    const draw = () => {
      timer = undefined;
      set({ missed });
    };
    set({ ...NOTHING });
    const unfollow = follow({
      query: { log: agent, logTail: tail },
      opened: () => set({ opened: true, error: undefined }),
      take(message) {
        if (message.type === 'log') {
          log.append(message.records);
          missed += message.dropped;
          timer ??= setTimeout(draw, DRAW_EVERY_MS);
        } else if (message.type === 'log_ended') set({ error: new Error(ENDED[message.reason]) });
      },
      refused: (error) => set({ error }),
    });
    return () => {
      unfollow();
      clearTimeout(timer);
    };
  }, [agent, tail]);
  const link = isLost ? 'lost' : opened ? 'live' : 'connecting';
  return { buffer: buffer.current, link, ...told };
}

const ENDED = {
  agent_deleted: 'The agent was deleted, and its log with it.',
  failed: 'swarmd cannot read the log now; its own log says why.',
};
