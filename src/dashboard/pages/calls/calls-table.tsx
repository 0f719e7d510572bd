import { count, Money, milliseconds } from '../../ui/figures.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { useMedia } from '../../ui/use-media.ts';
import { type Column, VirtualTable } from '../../ui/virtual-table.tsx';
import type { CallRow } from './call-row.ts';
import { ShortTime } from './short-time.tsx';

interface CallsTableProps {
  readonly rows: readonly CallRow[];
  readonly selected: string | undefined;
  readonly onSelect: (row: CallRow) => void;
  readonly onEnd: () => void;
  readonly onTop: (atTop: boolean) => void;
  readonly topWhen: number;
}

const PHONE_ROW_PX = 54;
const rowKey = (row: CallRow) => row.id;

/** Where there is less room, or the panel beside it, what tells rows apart stays. */
export function CallsTable({ rows, selected, onSelect, onEnd, onTop, topWhen }: CallsTableProps) {
  const wide = useMedia('(min-width: 80rem)');
  const middle = useMedia('(min-width: 64rem)');
  const phone = !useMedia('(min-width: 40rem)');
  const columns = columnsFor({ phone, middle, wide, alone: selected === undefined });
  return (
    <VirtualTable
      label="Events, newest first"
      className="min-h-0 flex-1"
      {...{ columns, rows, rowKey, onSelect, onEnd, onTop, topWhen }}
      selected={selected}
      rowPx={phone ? PHONE_ROW_PX : undefined}
    />
  );
}

const TIME: Column<CallRow> = {
  id: 'time',
  title: 'Time',
  width: '10.5rem',
  cell: (row) => <ShortTime at={row.time} />,
};
const KIND: Column<CallRow> = {
  id: 'kind',
  title: 'Kind',
  width: '10rem',
  cell: (row) => <HostileText text={row.kind} max={60} className="text-muted" />,
};
const AGENT: Column<CallRow> = {
  id: 'agent',
  title: 'Agent',
  width: 'minmax(6rem,0.6fr)',
  cell: (row) => row.agent !== undefined && <HostileText text={row.agent} max={60} />,
};
const WHAT: Column<CallRow> = {
  id: 'what',
  title: 'What',
  width: 'minmax(0,1fr)',
  cell: (row) => <What row={row} />,
};
const STATUS: Column<CallRow> = {
  id: 'status',
  title: 'Status',
  width: '5rem',
  cell: (row) => <StatusBadge status={row.status} />,
};
const TOOK: Column<CallRow> = {
  id: 'took',
  title: 'Took',
  width: '5.5rem',
  align: 'right',
  cell: (row) => row.durationNs !== undefined && milliseconds(row.durationNs / 1e6),
};
const TOKENS: Column<CallRow> = {
  id: 'tokens',
  title: 'Tokens',
  width: '5rem',
  align: 'right',
  cell: (row) => row.tokens !== undefined && count(row.tokens),
};
const COST: Column<CallRow> = {
  id: 'cost',
  title: 'Cost',
  width: '6rem',
  align: 'right',
  cell: (row) => row.cost !== undefined && <Money {...row.cost} />,
};
const WIDE = [TIME, KIND, AGENT, WHAT, STATUS, TOOK, TOKENS, COST];
const BESIDE: readonly Column<CallRow>[] = [
  { ...TIME, width: '6.75rem' },
  {
    ...WHAT,
    cell: (row) => (
      <span className="flex">
        {row.agent !== undefined && (
          <HostileText text={row.agent} max={60} className="mr-2 max-w-1/2 truncate font-medium" />
        )}
        <span className="min-w-0 flex-1 truncate">
          <What row={row} kind />
        </span>
      </span>
    ),
  },
  STATUS,
  TOOK,
];
const MIDDLE = [...BESIDE, COST];
const SLIM = BESIDE.slice(0, -1);

/** `alone`: no event is open beside the table. */
function columnsFor(room: Record<'phone' | 'middle' | 'wide' | 'alone', boolean>) {
  if (room.phone) return PHONE;
  if (!room.middle) return BESIDE;
  if (room.wide) return room.alone ? WIDE : BESIDE;
  return room.alone ? MIDDLE : SLIM;
}

/** On a phone: two lines a row. */
const PHONE: readonly Column<CallRow>[] = [
  {
    ...WHAT,
    title: 'Call',
    cell: (row) => (
      <>
        <div className="truncate">
          <What row={row} kind />
        </div>
        <div className="flex gap-3 whitespace-nowrap text-muted text-xs tabular-nums">
          <ShortTime at={row.time} />
          {row.agent !== undefined && (
            <HostileText text={row.agent} max={60} className="min-w-0 truncate" />
          )}
          {TOOK.cell(row)}
          {COST.cell(row)}
        </div>
      </>
    ),
  },
  STATUS,
];

/** `kind`: where it has no column of its own, that of what is no call. */
function What({ row, kind }: { readonly row: CallRow; readonly kind?: boolean }) {
  const isCall = /^(gateway|egress)\./.test(row.kind);
  return (
    <>
      {kind && !isCall && <HostileText text={row.kind} max={60} className="mr-2 text-muted" />}
      {row.name !== undefined && <HostileText text={row.name} max={80} className="mr-2" />}
      <HostileText text={row.what} max={160} className="font-mono text-muted text-xs" />
    </>
  );
}
