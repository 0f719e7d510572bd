import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { costsQuery } from '../../api/costs.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { saveFile } from '../../ui/save-file.ts';
import { Empty, Failure, Loading } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { COST_BY } from './cost-rows.ts';
import { CostTable } from './cost-table.tsx';
import { costsCsv } from './costs-csv.ts';
import { sortCosts } from './sort-costs.ts';
import { useCostSearch } from './use-cost-search.ts';

const LABELS = {
  agent: 'By agent',
  model: 'By model',
  tool: 'By tool',
  day: 'By day',
  run: 'By run',
};

/** The sums one by one, and as a file. */
export function CostsCard() {
  const { by, agent, since, until, sort, set } = useCostSearch();
  const { data, error, refetch } = useQuery(costsQuery({ by, agent, since, until }));
  const report = data?.by === by ? data : undefined;
  const save = () => {
    if (report === undefined) return;
    const name = `costs-by-${by}-${report.since}-${report.until}.csv`;
    saveFile(costsCsv({ ...report, rows: [...sortCosts(report, sort)] }), {
      name,
      type: 'text/csv;charset=utf-8',
    });
  };
  return (
    <Card
      title="Where it went"
      flush
      actions={
        <Button
          size="small"
          disabled={report === undefined || report.rows.length === 0}
          onClick={save}
        >
          <Download aria-hidden /> CSV
        </Button>
      }
    >
      <div className="px-4 pt-1 [&_[role=tablist]]:mb-0 [&_[role=tablist]]:border-b-0">
        <Tabs
          label="What the rows are"
          tabs={COST_BY.map((id) => ({ id, label: LABELS[id] }))}
          value={by}
          onChange={(id) => set({ by: id })}
        >
          <div className="-mx-4 border-line border-t">
            {error !== null && report === undefined ? (
              <div className="p-4">
                <Failure error={error} retry={() => void refetch()} />
              </div>
            ) : report === undefined ? (
              <Loading rows={6} label="Loading costs" />
            ) : report.rows.length === 0 ? (
              <Empty title="No calls out in these days" command="swarm cost --since 30d">
                Costs are those of calls that agents make, to models above all.
              </Empty>
            ) : (
              <CostTable
                key={by}
                {...{ report, agent, sort }}
                onSort={(next) => set({ sort: next })}
              />
            )}
          </div>
        </Tabs>
      </div>
    </Card>
  );
}
