import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { PriceListDetail, PriceListResource } from '../../../contracts/cost.ts';
import { priceListQuery } from '../../api/prices.ts';
import { CallsLink } from '../../ui/calls-link.tsx';
import { Card } from '../../ui/card.tsx';
import { Input } from '../../ui/field.tsx';
import { count } from '../../ui/figures.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Failure, Loading } from '../../ui/states.tsx';
import { type Column, VirtualTable } from '../../ui/virtual-table.tsx';
import { type PriceRow, priceRows } from './price-rows.ts';

type RateName = keyof PriceRow['rates'];

function rate(name: RateName, title: string, wideOnly: boolean): Column<PriceRow> {
  return {
    ...{ id: name, title, wideOnly },
    width: '5.5rem',
    align: 'right',
    cell: ({ rates }) =>
      rates[name] === undefined ? (
        <span className="text-muted">–</span>
      ) : (
        <HostileText text={`$${rates[name]}`} max={30} />
      ),
  };
}

const COLUMNS: readonly Column<PriceRow>[] = [
  {
    id: 'model',
    title: 'Model',
    width: 'minmax(0,1fr)',
    cell: ({ name, above }) => (
      <>
        <HostileText text={name} max={120} className="font-mono text-xs" />
        {above !== undefined && (
          <span className="text-muted text-xs"> over {count(above)} input tokens</span>
        )}
      </>
    ),
  },
  rate('input', 'Input', false),
  rate('output', 'Output', false),
  rate('cacheRead', 'Cache read', true),
  rate('cacheWrite', 'Cache write', true),
  rate('cacheWriteLong', '1 h write', true),
  rate('reasoning', 'Reasoning', true),
  {
    id: 'source',
    title: 'Source',
    width: 'minmax(0,14rem)',
    wideOnly: true,
    cell: ({ source, asOf }) => (
      <span className="text-muted text-xs">
        <HostileText
          text={[asOf, source].filter((text) => text !== '').join(', ') || '–'}
          max={120}
        />
      </span>
    ),
  },
];

/** What the models of one list cost. */
export function PriceListCard({ list }: { readonly list: PriceListResource }) {
  const { data, error, refetch } = useQuery(priceListQuery(list));
  return (
    <Card title={<HostileText text={`Prices of ${list.name}`} />} flush>
      {data !== undefined ? (
        <Prices detail={data} />
      ) : error !== null ? (
        <div className="p-4">
          <Failure error={error} retry={() => void refetch()} />
        </div>
      ) : (
        <Loading rows={6} label="Loading prices" />
      )}
    </Card>
  );
}

function Prices({ detail }: { readonly detail: PriceListDetail }) {
  const [search, setSearch] = useState('');
  const rows = useMemo(() => priceRows(detail.prices, search), [detail, search]);
  const { machineTime } = detail;
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2 p-3">
        <Input
          data-page-search
          type="search"
          aria-label="Search models"
          placeholder="Search models"
          value={search}
          maxLength={200}
          className="max-w-64"
          onChange={({ target }) => setSearch(target.value)}
        />
        <p className="text-muted text-xs">
          Dollars per million tokens. “–”: cache as input, reasoning as output, 1 h as cache write.
        </p>
      </div>
      {rows.length === 0 ? (
        <p className="px-4 pb-6 text-center text-muted">No model of that name in this list.</p>
      ) : (
        <VirtualTable
          label="Prices by model"
          columns={COLUMNS}
          rows={rows}
          rowKey={({ key }) => key}
          className="h-[28rem]"
        />
      )}
      <p className="border-line border-t px-4 py-3 text-muted">
        {machineTime === null ? (
          'This list has no price for machine time.'
        ) : (
          <>
            <CallsLink terms={{ kind: 'cost.machine_time' }}>Machine time</CallsLink>: $
            <HostileText text={machineTime.vcpuSecond} max={30} /> per vCPU second, $
            <HostileText text={machineTime.gibSecond} max={30} /> per GiB second.
          </>
        )}
        {detail.builtIn && ' Defaults as of the dates given: check them against your contract.'}
      </p>
    </>
  );
}
