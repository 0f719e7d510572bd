import { lazy, Suspense } from 'react';
import type { Overview } from '../../../contracts/overview.ts';
import { Card } from '../../ui/card.tsx';

const HEIGHT_PX = 188;
/** With the names of the series above it, and the table below. */
const PLACE = 'min-h-[18.25rem] sm:min-h-[16.75rem]';

/** Loaded behind the figures, which do not wait for it. */
const Chart = lazy(() => import('./last-hour-chart.tsx').catch(() => ({ default: ChartMissing })));

export function LastHour({ overview }: { readonly overview: Overview | undefined }) {
  return (
    <Card title="Last hour">
      <div className={PLACE}>
        {overview !== undefined && (
          <Suspense fallback={null}>
            <Chart overview={overview} heightPx={HEIGHT_PX} />
          </Suspense>
        )}
      </div>
    </Card>
  );
}

function ChartMissing() {
  return <p className="text-muted">The chart could not be loaded. Load the page again.</p>;
}
