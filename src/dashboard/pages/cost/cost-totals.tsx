import type { ReactNode } from 'react';
import type { CostReport } from '../../../contracts/cost.ts';
import { CallsLink } from '../../ui/calls-link.tsx';
import { shareOf, sumOf } from '../../ui/decimal.ts';
import { count, Money, percent } from '../../ui/figures.tsx';
import { isMachineTime, rangeTerms } from './cost-rows.ts';

interface CostTotalsProps {
  readonly models: CostReport | undefined;
  readonly agent: string | undefined;
}

/** All of the range together. */
export function CostTotals({ models, agent }: CostTotalsProps) {
  const totals = models?.totals;
  const terms = models && rangeTerms({ ...models, agent });
  const tokens = totals?.tokens;
  const read = tokens && tokens.input + tokens.cacheRead + tokens.cacheWrite;
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 md:grid-cols-4">
      <Total name="Cost" note={models && <MachineTime models={models} />}>
        {totals && terms && (
          <CallsLink terms={terms}>
            <Money amount={totals.amount} currency={models.currency} />
          </CallsLink>
        )}
      </Total>
      <Total name="Calls out" note="to models, tools and hosts">
        {totals && terms && <CallsLink terms={terms}>{count(totals.calls)}</CallsLink>}
      </Total>
      <Total
        name="Tokens read"
        note={tokens && (read ? `${percent(tokens.cacheRead / read)} of them from caches` : 'none')}
      >
        {read !== undefined && terms && <CallsLink terms={terms}>{count(read)}</CallsLink>}
      </Total>
      <Total
        name="Tokens written"
        note={
          tokens &&
          (tokens.reasoning > 0
            ? `${count(tokens.reasoning)} of them thought, not said`
            : 'none thought')
        }
      >
        {tokens && terms && (
          <CallsLink terms={terms}>{count(tokens.output + tokens.reasoning)}</CallsLink>
        )}
      </Total>
    </dl>
  );
}

function Total(props: {
  readonly name: string;
  readonly note: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div className="min-w-0">
      <dt className="text-muted text-xs">{props.name}</dt>
      <dd className="mt-0.5 truncate font-semibold text-xl tabular-nums leading-7">
        {props.children ?? '–'}
      </dd>
      <dd className="min-h-4 text-muted text-xs">{props.note}</dd>
    </div>
  );
}

function MachineTime({ models }: { readonly models: CostReport }) {
  const amount = sumOf(models.rows.filter(isMachineTime).map((row) => row.amount));
  if (amount === '0') return <>models; machine time has no price</>;
  return (
    <>
      <Money amount={amount} /> of it machine time ({percent(shareOf(amount, models.totals.amount))}
      )
    </>
  );
}
