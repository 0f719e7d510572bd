/**
 * How agents are doing, in figures, and the stream that a dashboard lives from. The front file of
 * the area: figures.ts adds up how calls ended, overview-feed.ts shows it, live-stream.ts tells it
 * with the states of agents and events. Everything is in memory and made again from the audit log.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Overview } from '../contracts/overview.ts';
import { AgentStates } from './agent-states.ts';
import { EventRings } from './event-rings.ts';
import { ActivityFigures } from './figures.ts';
import { type LiveItem, type LiveOptions, liveStream } from './live-stream.ts';
import { OverviewFeed } from './overview-feed.ts';
import type { ActivityLog, AgentSource, CostFigures } from './ports.ts';

export type { LiveHow, LiveItem, LiveOptions, LiveOther, LiveSource } from './live-stream.ts';
export type { ActivityLog, AgentCosts, AgentSource, CostFigures } from './ports.ts';

export interface ActivityOptions {
  readonly workspaceId: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly events: ActivityLog;
  /** Asked for when somebody looks: it may be there only after a while. */
  readonly agents: AgentSource;
  /** Asked at most every two seconds, while somebody looks. */
  costs(): Promise<CostFigures>;
}

export interface Activity {
  overview(): Promise<Overview>;
  /** The states of all agents and the figures, then every change. Ends when the signal comes. */
  live(options: LiveOptions): AsyncIterable<LiveItem>;
  close(): Promise<void>;
}

const RETRY_MS = 1_000;

/** Begins to add up at once, and waits for nothing. */
export function createActivity(options: ActivityOptions): Activity {
  const { log, clock, events, workspaceId } = options;
  const closing = new AbortController();
  const { signal } = closing;
  let shown = { figures: new ActivityFigures(), complete: false };
  const feed = new OverviewFeed({
    ...options,
    figures: () => ({ ...shown, figures: shown.figures.show(clock.nowMs()) }),
  });
  const states = new AgentStates(options.agents, log);
  const rings = new EventRings(options);

  /** What was added up before is shown until all of it has been added up again. */
  const addUp = async () => {
    const next = { figures: new ActivityFigures(), complete: false };
    const how = { nowMs: clock.nowMs(), signal };
    for await (const page of events.followOutcomes(workspaceId, how)) {
      next.figures.take(page, clock.nowMs());
      if (page.type === 'slots' && page.isCaughtUp) next.complete = true;
      if (next.complete || !shown.complete) shown = next;
      feed.changed();
    }
  };
  const keepAddingUp = async () => {
    while (!signal.aborted) {
      await addUp().catch((error: unknown) => {
        if (!signal.aborted)
          log.debug(
            { error: describeError(error) },
            'figures cannot be added up now; trying again',
          );
      });
      await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  };
  const following = keepAddingUp();

  return {
    overview: () => feed.overview(),
    live: (how) =>
      liveStream(
        { states, feed, rings },
        { ...how, signal: AbortSignal.any([how.signal, signal]) },
      ),
    async close() {
      closing.abort();
      feed.close();
      await Promise.all([states.close(), rings.close(), following]);
    },
  };
}
