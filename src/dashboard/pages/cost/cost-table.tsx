import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { CostReport, CostRow, CostSumsResource } from '../../../contracts/cost.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { CallsLink } from '../../ui/calls-link.tsx';
import { shareOf } from '../../ui/decimal.ts';
import { count, Money, percent } from '../../ui/figures.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { ShareBar } from '../../ui/share-bar.tsx';
import { type CostBy, rowName, rowTerms } from './cost-rows.ts';

/** More rows are drawn when they are asked for. */
const STEP = 100;

const TITLES: Readonly<Record<CostBy, string>> = {
  ...{ agent: 'Agent', model: 'Model', tool: 'Tool', day: 'Day (UTC)', run: 'Run' },
};
const CLASSES = ['input', 'cacheRead', 'cacheWrite', 'output', 'reasoning'] as const;
const CLASS_TITLES = ['Input', 'Cache read', 'Cache write', 'Output', 'Reasoning'];
const WIDE = 'hidden px-2 text-right tabular-nums lg:table-cell';

interface CostTableProps {
  readonly report: CostReport;
  readonly agent: string | undefined;
}

export function CostTable({ report, agent }: CostTableProps) {
  const [most, setMost] = useState(STEP);
  const { by, rows, totals } = report;
  return (
    <>
      <table className="w-full">
        <thead className="text-muted text-xs">
          <tr className="h-9 border-line border-b">
            <th scope="col" className="w-full px-4 text-left font-normal">
              {TITLES[by]}
            </th>
            <th scope="col" className="px-2 text-right font-normal">
              Calls
            </th>
            {CLASS_TITLES.map((title) => (
              <th key={title} scope="col" className={`${WIDE} font-normal`}>
                {title}
              </th>
            ))}
            <th scope="col" className="px-2 pr-4 text-right font-normal md:pr-2">
              Cost
            </th>
            <th scope="col" className="hidden pr-4 text-left font-normal md:table-cell">
              Share
            </th>
          </tr>
        </thead>
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
          There are more rows than are listed; the total has them too.
        </p>
      )}
    </>
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
      <td className="hidden pr-4 md:table-cell">
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
  return CLASSES.map((one) => (
    <td key={one} className={WIDE} title={`${tokens[one]} tokens`}>
      {tokens[one] === 0 ? <span className="text-muted">0</span> : count(tokens[one])}
    </td>
  ));
}
