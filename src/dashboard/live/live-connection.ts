import type { LiveMessage } from '../../contracts/overview.ts';
import { ApiError, queryString, send } from '../api/request.ts';
import { dropRefused, followed, onFollowChange, withoutFollowed } from './live-follow.ts';
import { liveState, setLink, takeMessage } from './live-store.ts';
import { readEvents } from './read-events.ts';
import { untilSeen, watchUnseen } from './while-seen.ts';

/** The server pings every 15 s; a stream that is silent for three of them is dead. */
const SILENCE_MS = 50_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

/** Terms as in `swarm logs`; those of the page that is open. */
export type LiveTerms = Readonly<Record<string, string | undefined>>;

/** Instead of terms that the server refused: the stream is the tab’s only one, and goes on. */
const NO_EVENTS: LiveTerms = { events: 'none' };

let wanted: LiveTerms = {};
let refused: LiveTerms | undefined;
let restart: (() => void) | undefined;

/** Which events come from now on. The connection is made anew when they change. */
export function setLiveTerms(terms: LiveTerms): void {
  if (queryString(terms) === queryString(wanted)) return;
  wanted = terms;
  restart?.();
}

/** Keeps the tab’s one stream open until the signal fires: broken ones are taken up where they broke. */
export async function keepLive(signal: AbortSignal): Promise<void> {
  let lastId: string | undefined;
  let retryMs = FIRST_RETRY_MS;
  onFollowChange(() => {
    // What it is and how far it is told is known anew.
    lastId = withoutFollowed(lastId);
    restart?.();
  });
  while (!signal.aborted) {
    // One that was opened and never looked at shows what there was when it was opened.
    if (liveState().link.state !== 'connecting') await untilSeen(signal);
    const terms = wanted;
    const asked = terms === refused ? NO_EVENTS : terms;
    const besides = followed();
    const attempt = new AbortController();
    const watch = watchUnseen();
    restart = () => attempt.abort();
    try {
      const response = await send(`/v1/live${queryString({ ...asked, ...besides?.query })}`, {
        headers: {
          accept: 'text/event-stream',
          ...(lastId !== undefined && { 'last-event-id': lastId }),
        },
        signal: AbortSignal.any([signal, attempt.signal, watch.signal]),
      });
      if (response.body === null) throw new Error('an answer without a body');
      if (!attempt.signal.aborted) besides?.opened();
      for await (const event of readEvents(response.body, { silenceMs: SILENCE_MS })) {
        // Of what is wanted no more, some may be here already.
        if (attempt.signal.aborted) break;
        if (liveState().link.state !== 'live') setLink({ state: 'live' });
        retryMs = FIRST_RETRY_MS;
        if (event.id !== undefined) lastId = event.id;
        takeMessage(JSON.parse(event.data) as LiveMessage);
      }
      if (!attempt.signal.aborted && !watch.signal.aborted) lost('The connection ended.');
    } catch (error) {
      if (signal.aborted) return;
      if (attempt.signal.aborted || watch.signal.aborted) continue;
      if (error instanceof ApiError && error.problem.status === 401) return;
      if (dropRefused(besides, error)) {
        lastId = withoutFollowed(lastId);
        continue;
      }
      // What the page asks for by itself is refused as well, and it says why.
      if (error instanceof ApiError && error.problem.status === 400 && asked !== NO_EVENTS) {
        refused = terms;
        continue;
      }
      lost(error instanceof Error ? error.message : String(error));
    } finally {
      watch.stop();
      attempt.abort();
    }
    if (wanted !== terms || followed() !== besides) continue;
    await pause(retryMs, signal);
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  }
}

function lost(why: string): void {
  const { link } = liveState();
  if (link.state !== 'lost') setLink({ state: 'lost', sinceMs: Date.now(), why });
}

/** Also ends when the tab is looked at again or the network is back. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = new AbortController();
    const timer = setTimeout(() => done.abort(), ms);
    done.signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
    const listen = { signal: done.signal };
    signal.addEventListener('abort', () => done.abort(), listen);
    addEventListener('online', () => done.abort(), listen);
    document.addEventListener(
      'visibilitychange',
      () => document.visibilityState === 'visible' && done.abort(),
      listen,
    );
  });
}
