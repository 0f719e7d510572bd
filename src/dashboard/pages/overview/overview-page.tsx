import { useFreshCosts } from '../../live/use-fresh-costs.ts';
import { useLive } from '../../live/use-live.ts';
import { Incomplete } from '../../ui/incomplete.tsx';
import { PageTitle } from '../../ui/page-title.tsx';
import { AgentsCard } from './agents-card.tsx';
import { LastHour } from './last-hour.tsx';
import { LogDamage } from './log-damage.tsx';
import { NewestCallsCard } from './newest-calls-card.tsx';
import { ProblemsCard } from './problems-card.tsx';
import { StatTiles } from './stat-tiles.tsx';

/** Whether the agents are well, what they do, what that costs, and what was refused. */
export function OverviewPage() {
  const { overview } = useLive();
  useFreshCosts();
  return (
    <>
      <PageTitle title="Overview" />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        <LogDamage />
        {overview?.complete === false && <Incomplete />}
        <StatTiles overview={overview} />
        <div className="grid min-w-0 gap-4 xl:grid-cols-[minmax(0,1fr)_26rem]">
          <LastHour overview={overview} />
          <ProblemsCard overview={overview} />
        </div>
        <AgentsCard />
        <NewestCallsCard />
      </div>
    </>
  );
}
