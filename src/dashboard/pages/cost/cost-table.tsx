import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { CostReport, CostRow, CostSumsResource } from '../../../contracts/cost.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { CallsLink } from '../../ui/calls-link.tsx';
import { shareOf } from '../../ui/decimal.ts';
import { count, Money, percent } from '../../ui/figures.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { ShareBar } from '../../ui/share-bar.tsx';
import { type CostBy, rowName, rowTerms } from './cost-rows.ts';
import { type CostSort, servedSort, sortCosts, TOKEN_COLUMNS } from './sort-costs.ts';
import { SortHeading } from './sort-heading.tsx';

/** More rows are drawn when they are asked for. */
const STEP = 100;

const TITLES: Readonly<Record<CostBy, string>> = {
  ...{ agent: 'Agent', model: 'Model', tool: 'Tool', day: 'Day (UTC)', run: 'Run' },
};
const TOKEN_TITLES: Readonly<Record<(typeof TOKEN_COLUMNS)[number], string>> = {
  ...{ input: 'Input', cacheRead: 'Cache read', cacheWrite: 'Cache write' },
  ...{ output: 'Output', reasoning: 'Reasoning' },
};
const WIDE = 'hidden px-2 text-right tabular-nums lg:table-cell';

interface CostTableProps {
  readonly report: CostReport;
  readonly agent: string | undefined;
}

interface SortedProps extends CostTableProps {
  /** undefined: as the server gives them. */
  readonly sort: CostSort | undefined;
  readonly onSort: (sort: string) => void;
}

export function CostTable({ report, agent, sort, onSort }: SortedProps) {
  const [most, setMost] = useState(STEP);
  const { by, totals } = report;
  const rows = useMemo(() => sortCosts(report, sort), [report, sort]);
  return (
    <>
      <table className="w-full">
        <Headings by={by} sort={sort ?? servedSort(by)} onSort={onSort} />
        <tbody>
          {rows.slice(0, most).map((row) => (
            <Row key={`${row.provider ?? ''} ${row.key}`} row={row} report={report} agent={agent} />
          ))}
        </tbody>
        <tfoot>
          <tr className="h-10 border-line border-t font-semibold">
            <th scope="row" className="px-4 text-left">
              Total
            </th>
            <td className="px-2 text-right tabular-nums">{count(totals.calls)}</td>
            <Tokens sums={totals} />
            <td className="px-2 pr-4 text-right md:pr-2">
              <Money amount={totals.amount} currency={report.currency} />
            </td>
            <td className="hidden md:table-cell" />
          </tr>
        </tfoot>
      </table>
      {rows.length > most && (
        <div className="border-line border-t p-3 text-center">
          <Button size="small" onClick={() => setMost(most + STEP)}>
            {rows.length - most} more
          </Button>
        </div>
      )}
      {report.truncated && (
        <p className="border-line border-t px-4 py-2.5 text-muted text-xs">
          There are more rows than are listed: of those a heading sorts none. The total has them
          too.
        </p>
      )}
    </>
  );
}

function Headings({
  by,
  ...given
}: { readonly by: CostBy } & Pick<SortedProps, 'sort' | 'onSort'>) {
  return (
    <thead className="text-muted text-xs">
      <tr className="h-9 border-line border-b">
        <SortHeading {...given} column="name" className="w-full px-4 text-left">
          {TITLES[by]}
        </SortHeading>
        <SortHeading {...given} column="calls" className="px-2 text-right">
          Calls
        </SortHeading>
        {TOKEN_COLUMNS.map((column) => (
          <SortHeading key={column} {...given} column={column} className={WIDE}>
            {TOKEN_TITLES[column]}
          </SortHeading>
        ))}
        <SortHeading {...given} column="cost" className="px-2 pr-4 text-right md:pr-2">
          Cost
        </SortHeading>
        <th scope="col" className="hidden pr-4 pl-2 text-left font-normal md:table-cell">
          Share
        </th>
      </tr>
    </thead>
  );
}

interface RowProps extends CostTableProps {
  readonly row: CostRow;
}

function Row({ row, report, agent }: RowProps) {
  const terms = rowTerms(row, report.by, { ...report, agent });
  const share = Math.max(0, shareOf(row.amount, report.totals.amount));
  const calls = count(row.calls);
  const cost = <Money amount={row.amount} currency={report.currency} />;
  return (
    <tr className="h-10 border-line/60 border-b last:border-b-0 hover:bg-raised/50">
      <th scope="row" className="max-w-0 px-4 text-left font-medium">
        <span className="flex min-w-0 items-center gap-2">
          <span className="min-w-0 truncate">
            <RowName row={row} by={report.by} />
          </span>
          {row.unpriced > 0 && <Badge tone="warn">{count(row.unpriced)} without price</Badge>}
          {row.usageMissing > 0 && (
            <Badge tone="warn" className="hidden sm:inline-flex">
              {count(row.usageMissing)} without usage
            </Badge>
          )}
        </span>
      </th>
      <td className="px-2 text-right tabular-nums">
        {terms === undefined ? calls : <CallsLink terms={terms}>{calls}</CallsLink>}
      </td>
      <Tokens sums={row} />
      <td className="px-2 pr-4 text-right md:pr-2">
        {terms === undefined ? cost : <CallsLink terms={terms}>{cost}</CallsLink>}
      </td>
      <td className="hidden pr-4 pl-2 md:table-cell">
        <span className="flex items-center gap-2">
          <ShareBar share={share} label={`${percent(share)} of the total`} className="w-20" />
          <span aria-hidden className="w-12 text-muted text-xs tabular-nums">
            {percent(share)}
          </span>
        </span>
      </td>
    </tr>
  );
}

function RowName({ row, by }: { readonly row: CostRow; readonly by: CostBy }) {
  const name = <HostileText text={rowName(row, by)} max={150} />;
  const link = 'rounded-sm hover:underline';
  if (row.key === '') return <span className="text-muted">{name}</span>;
  if (by === 'agent')
    return (
      <Link to="/agents/$name" params={{ name: row.key }} className={link}>
        {name}
      </Link>
    );
  if (by !== 'run') return name;
  return (
    <>
      <Link to="/runs/$id" params={{ id: row.key }} className={`${link} font-mono text-xs`}>
        {name}
      </Link>
      {row.agent && (
        <span className="ml-2 font-normal text-muted text-xs">
          <HostileText text={row.agent} max={80} />
        </span>
      )}
    </>
  );
}

function Tokens({ sums: { tokens } }: { readonly sums: CostSumsResource }) {
  return TOKEN_COLUMNS.map((one) => (
    <td key={one} className={WIDE} title={`${tokens[one]} tokens`}>
      {tokens[one] === 0 ? <span className="text-muted">0</span> : count(tokens[one])}
    </td>
  ));
}
