import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { runCostsQuery } from '../../api/overview.ts';
import { sumOf } from '../../ui/decimal.ts';
import { Money } from '../../ui/figures.tsx';

/** Where calls come and go faster, nobody could read what each cost. */
const SETTLE_MS = 400;

/** What all steps of a run cost together, once its call has ended. */
export function RunCost({ run, ended }: { readonly run: string; readonly ended: boolean }) {
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    if (!ended) return;
    const timer = setTimeout(() => setSettled(true), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [ended]);
  const { data } = useQuery({ ...runCostsQuery(run), enabled: settled });
  if (data === undefined) return <span className="text-muted">…</span>;
  const currencies = new Set(data.items.map(({ cost }) => cost?.currency ?? 'USD'));
  const [currency = 'USD'] = currencies;
  const amounts = data.items.filter(({ cost }) => cost?.currency === currency);
  return (
    <>
      {(data.nextCursor !== null || currencies.size > 1) && <span title="and more">≥ </span>}
      <Money amount={sumOf(amounts.map(({ cost }) => cost?.amount ?? '0'))} currency={currency} />
    </>
  );
}
