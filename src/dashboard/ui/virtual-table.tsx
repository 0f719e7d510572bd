// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by hand cannot be a table’s
// biome-ignore-all lint/a11y/useFocusableInteractive: headings are not gone to
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactNode, useCallback, useEffect, useMemo, useRef } from 'react';
import { classes } from './classes.ts';

export interface Column<Row> {
  readonly id: string;
  readonly title: ReactNode;
  /** A track of CSS grid: `8rem`, `minmax(0,1fr)`. */
  readonly width: string;
  /** Left out on narrow screens. */
  readonly wideOnly?: boolean;
  readonly align?: 'right';
  readonly cell: (row: Row) => ReactNode;
}

interface VirtualTableProps<Row> {
  readonly label: string;
  /** The same array as long as nothing about them changes: then rows are not drawn again. */
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly selected?: string | undefined;
  readonly onSelect?: (row: Row) => void;
  /** Called when the end comes into sight. */
  readonly onEnd?: () => void;
  /** Told when the reader leaves the top, and is there again. */
  readonly onTop?: (atTop: boolean) => void;
  /** Goes to the top whenever it changes. */
  readonly topWhen?: number;
  /** Height of each row; 38 unless said. */
  readonly rowPx?: number | undefined;
  readonly className?: string;
}

const ROW_PX = 38;
const OVERSCAN = 6;
/** More are asked for when so many are left. */
const END_ROWS = 12;
const GRID =
  'grid items-center gap-x-3 px-4 [grid-template-columns:var(--narrow)] md:[grid-template-columns:var(--wide)]';

/**
 * Any number of rows, of which only those in sight are drawn. All rows have one height. Arrow keys,
 * Page Up and Down, Home and End move; Enter opens.
 */
export function VirtualTable<Row>(props: VirtualTableProps<Row>) {
  const { columns, rows, rowKey, selected, onSelect, onEnd, onTop, topWhen } = props;
  const { rowPx = ROW_PX } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const isAtTop = useRef(true);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: OVERSCAN,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : rowKey(row);
    },
  });
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index;
  // Also without scrolling: the first page may not fill the place.
  useEffect(() => {
    if (lastShown !== undefined && lastShown >= rows.length - END_ROWS) onEnd?.();
  });
  useEffect(() => {
    if (topWhen !== undefined) scroller.current?.scrollTo({ top: 0 });
  }, [topWhen]);
  const move = (from: number, key: string) => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowPx) - 1);
    const to = {
      ...{ ArrowDown: from + 1, ArrowUp: from - 1, PageDown: from + page, PageUp: from - page },
      ...{ Home: 0, End: rows.length - 1 },
    }[key];
    if (to === undefined) return false;
    const index = Math.max(0, Math.min(rows.length - 1, to));
    virtual.scrollToIndex(index);
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus(),
    );
    return true;
  };
  const latest = useRef({ move, onSelect });
  latest.current = { move, onSelect };
  const onMove = useCallback((from: number, key: string) => latest.current.move(from, key), []);
  const onOpen = useCallback((row: Row) => latest.current.onSelect?.(row), []);
  const selectedAt = useMemo(
    () => (selected === undefined ? -1 : rows.findIndex((row) => rowKey(row) === selected)),
    [rows, rowKey, selected],
  );
  const reachable = items.some(({ index }) => index === selectedAt) ? selectedAt : items[0]?.index;
  const cellClasses = useMemo(
    () => new Map<unknown, string>(columns.map((column) => [column, cellClass(column)])),
    [columns],
  );
  const narrow = columns.filter(({ wideOnly }) => !wideOnly).map(({ width }) => width);
  const style = {
    '--wide': columns.map(({ width }) => width).join(' '),
    '--narrow': narrow.join(' '),
  } as React.CSSProperties;
  return (
    <div
      role="table"
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
      style={style}
      className={classes('flex min-h-0 min-w-0 flex-col', props.className)}
    >
      <div role="rowgroup">
        <div
          role="row"
          aria-rowindex={1}
          className={classes(GRID, 'h-9 border-line border-b text-muted text-xs')}
        >
          {columns.map((column) => (
            <div key={column.id} role="columnheader" className={cellClasses.get(column)}>
              {column.title}
            </div>
          ))}
        </div>
      </div>
      <div
        ref={scroller}
        className="min-h-0 flex-1 overflow-y-auto overflow-x-hidden [contain:strict]"
        onScroll={({ currentTarget }) => {
          const now = currentTarget.scrollTop < rowPx;
          if (now === isAtTop.current) return;
          isAtTop.current = now;
          onTop?.(now);
        }}
      >
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <TableRow
                key={item.key}
                row={row}
                columns={columns as readonly Column<unknown>[]}
                cellClasses={cellClasses}
                index={item.index}
                startPx={item.start}
                rowPx={rowPx}
                selected={selected === undefined ? undefined : item.index === selectedAt}
                reachable={item.index === reachable}
                onMove={onMove}
                onOpen={onSelect === undefined ? undefined : (onOpen as (row: unknown) => void)}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface TableRowProps {
  readonly row: unknown;
  readonly columns: readonly Column<unknown>[];
  readonly cellClasses: ReadonlyMap<unknown, string>;
  readonly index: number;
  readonly startPx: number;
  readonly rowPx: number;
  readonly selected: boolean | undefined;
  /** With Tab. */
  readonly reachable: boolean;
  readonly onMove: (from: number, key: string) => boolean;
  readonly onOpen: ((row: unknown) => void) | undefined;
}

const TableRow = memo(function TableRow(props: TableRowProps) {
  const { row, columns, index, selected, onMove, onOpen } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-index={index}
      tabIndex={props.reachable ? 0 : -1}
      onClick={() => onOpen?.(row)}
      onKeyDown={(event) => {
        if (onMove(index, event.key)) event.preventDefault();
        else if (event.key === 'Enter' && event.target === event.currentTarget) onOpen?.(row);
      }}
      className={classes(
        GRID,
        'absolute inset-x-0 top-0 contain-content border-line/60 border-b focus-visible:-outline-offset-2',
        onOpen !== undefined && 'cursor-pointer hover:bg-raised',
        selected && 'bg-accent-soft hover:bg-accent-soft',
      )}
      style={{ height: props.rowPx, transform: `translateY(${props.startPx}px)` }}
    >
      {columns.map((column) => (
        <div key={column.id} role="cell" className={props.cellClasses.get(column)}>
          {column.cell(row)}
        </div>
      ))}
    </div>
  );
});

function cellClass({ wideOnly, align }: Pick<Column<never>, 'wideOnly' | 'align'>): string {
  return classes(
    'min-w-0 overflow-hidden text-ellipsis whitespace-nowrap',
    wideOnly && 'hidden md:block',
    align === 'right' && 'text-right tabular-nums',
  );
}
