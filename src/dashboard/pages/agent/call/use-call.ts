import { useEffect, useRef, useState } from 'react';
import { invoke } from '../../../api/invoke.ts';
import type { CallParts } from './call-request.ts';

export interface Answer {
  /** waiting: no head yet; streaming: its body comes. */
  readonly state: 'waiting' | 'streaming' | 'done' | 'aborted' | 'failed';
  readonly startedAtMs: number;
  /** Until the head, and in all. */
  readonly headMs?: number;
  readonly totalMs?: number;
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  /** The first 4 Mi characters. */
  readonly text: string;
  /** All that came. */
  readonly bytes: number;
  readonly error?: string;
}

const MAX_CHARACTERS = 4 * 1024 * 1024;
const DRAW_EVERY_MS = 80;

export interface Calling {
  readonly answer: Answer | undefined;
  readonly busy: boolean;
  /** Resolves with the last state. */
  readonly call: (parts: CallParts) => Promise<Answer>;
  readonly abort: () => void;
}

/** One call at a time through the gateway, its answer as it comes. */
export function useCall(agent: string): Calling {
  const [answer, setAnswer] = useState<Answer>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const call = async (parts: CallParts) => {
    running.current?.abort();
    const stopped = new AbortController();
    running.current = stopped;
    return makeCall({ agent, parts, signal: stopped.signal, told: setAnswer });
  };
  const busy = answer?.state === 'waiting' || answer?.state === 'streaming';
  return { answer, busy, call, abort: () => running.current?.abort() };
}

interface MakeCall {
  readonly agent: string;
  readonly parts: CallParts;
  readonly signal: AbortSignal;
  readonly told: (answer: Answer) => void;
}

async function makeCall({ agent, parts, signal, told }: MakeCall): Promise<Answer> {
  const began = performance.now();
  let answer: Answer = { state: 'waiting', startedAtMs: Date.now(), text: '', bytes: 0 };
  const set = (change: Partial<Answer>) => {
    answer = { ...answer, ...change };
    told(answer);
  };
  const passed = () => performance.now() - began;
  set({});
  try {
    const response = await invoke({ agent, ...parts, signal });
    set({
      state: 'streaming',
      headMs: passed(),
      status: response.status,
      headers: [...response.headers],
      ...(response.type === 'opaqueredirect' && { error: REDIRECT }),
    });
    await readBody(response, { set, signal });
    set({ state: 'done', totalMs: passed() });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    set({
      state: signal.aborted ? 'aborted' : 'failed',
      totalMs: passed(),
      ...(!signal.aborted && { error: `No answer came, or it broke off: ${why}.` }),
    });
  }
  return answer;
}

const REDIRECT = 'The agent answered with a redirect, which is not followed here.';

async function readBody(
  response: Response,
  { set }: { set: (change: Partial<Answer>) => void; signal: AbortSignal },
): Promise<void> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  let drawnAtMs = 0;
  while (true) {
    const { done, value } = await reader.read();
    if (value !== undefined) {
      bytes += value.length;
      if (text.length < MAX_CHARACTERS)
        text = (text + decoder.decode(value, { stream: true })).slice(0, MAX_CHARACTERS);
    }
    if (done || performance.now() - drawnAtMs > DRAW_EVERY_MS) {
      set({ text, bytes });
      drawnAtMs = performance.now();
    }
    if (done) return;
  }
}
