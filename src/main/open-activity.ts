/** Gives the figures of agents what they are made from. */
import { type Activity, type CostFigures, createActivity } from '../activity/activity.ts';
import type { Audit } from '../audit/audit.ts';
import { type Clock, isoTime } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { DEFAULT_WORKSPACE, serviceActor } from '../contracts/actor.ts';
import type { Cost } from '../cost/cost.ts';
import type { Fleet } from '../fleet/fleet.ts';

export interface ActivityParts {
  readonly audit: Pick<Audit, 'search' | 'writer'>;
  readonly cost: Cost;
  readonly clock: Clock;
  readonly log: Logger;
  /** @throws while it is not there */
  fleet(): Pick<Fleet, 'agents' | 'watch'>;
}

const SWARMD = serviceActor('activity');

export function openActivity({ audit, cost, clock, log, fleet }: ActivityParts): Activity {
  const { search, writer } = audit;
  return createActivity({
    ...{ workspaceId: DEFAULT_WORKSPACE, clock, log },
    events: {
      followOutcomes: (...asked) => search.followOutcomes(...asked),
      follow: (...asked) => search.follow(...asked),
      indexed: (workspaceId) => search.indexed(workspaceId),
      committed: (workspaceId) => writer.committed(workspaceId).size,
    },
    agents: {
      list: () => fleet().agents(SWARMD),
      watch: (signal) => fleet().watch(SWARMD, { signal }),
    },
    costs: () => costFigures(cost, isoTime(clock.nowMs()).slice(0, 10)),
  });
}

async function costFigures(cost: Cost, today: string): Promise<CostFigures> {
  const { report } = cost.of(DEFAULT_WORKSPACE);
  const month = await report({ by: 'agent' });
  const day = await report({ by: 'agent', since: today });
  const ofDay = new Map(day.rows.map(({ key, amount }) => [key, amount]));
  return {
    totals: { today: day.totals.amount, thisMonth: month.totals.amount },
    agents: new Map(
      month.rows
        .filter(({ key }) => key !== '')
        .map(({ key, amount }) => [key, { today: ofDay.get(key) ?? '0', thisMonth: amount }]),
    ),
    complete: month.complete,
  };
}
