import { classes } from '../../ui/classes.ts';
import { percent } from '../../ui/figures.tsx';
import { Time, useNowSeconds } from '../../ui/time.tsx';
import type { BudgetForecast } from './budget-forecast.ts';

/** Nearer than the estimate is good for. */
const SOON_MS = 90_000;

/** When it will be used up at this rate. */
export function ForecastText({ forecast }: { readonly forecast: BudgetForecast }) {
  const { state, resetsAtMs } = forecast;
  const resets = <Time at={new Date(resetsAtMs).toISOString()} relative />;
  const nowMs = useNowSeconds() * 1000;
  const tone = state === 'used_up' ? 'text-bad' : state === 'runs_out' ? 'text-warn' : 'text-muted';
  return (
    <p className={classes('text-xs', tone)}>
      {state === 'used_up' && <>Used up: calls are refused until it begins anew {resets}.</>}
      {state === 'early' && <>It has just begun; it begins anew {resets}.</>}
      {state === 'unspent' && <>Nothing spent; it begins anew {resets}.</>}
      {state === 'lasts' && (
        <>
          At this rate {percent(forecast.shareAtEnd)} of it is used when it begins anew {resets}.
        </>
      )}
      {state === 'runs_out' && forecast.atMs < nowMs + SOON_MS && (
        <>At this rate used up any moment now, before it begins anew {resets}.</>
      )}
      {state === 'runs_out' && forecast.atMs >= nowMs + SOON_MS && (
        <>
          At this rate used up <Time at={new Date(forecast.atMs).toISOString()} relative /> (
          <Time at={new Date(forecast.atMs).toISOString()} />
          ), before it begins anew {resets}.
        </>
      )}
    </p>
  );
}
