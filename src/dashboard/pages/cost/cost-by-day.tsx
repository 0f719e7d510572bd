import { lazy, Suspense } from 'react';
import type { CostReport } from '../../../contracts/cost.ts';

const HEIGHT_PX = 180;

const Chart = lazy(() =>
  import('./cost-by-day-chart.tsx').catch(() => ({ default: ChartMissing })),
);

export function CostByDay({ days }: { readonly days: CostReport | undefined }) {
  return (
    <div className="min-h-[16.25rem]">
      {days !== undefined && (
        <Suspense fallback={null}>
          <Chart days={days} heightPx={HEIGHT_PX} />
        </Suspense>
      )}
    </div>
  );
}

function ChartMissing() {
  return <p className="text-muted">The chart could not be loaded. Load the page again.</p>;
}
