// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by hand cannot be a table’s
// biome-ignore-all lint/a11y/useFocusableInteractive: headings are not gone to
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useRef } from 'react';
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
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly selected?: string | undefined;
  readonly onSelect?: (row: Row) => void;
  /** Called when the end comes into sight. */
  readonly onEnd?: () => void;
  readonly className?: string;
}

const ROW_PX = 38;
const OVERSCAN = 12;

/**
 * Any number of rows, of which only those in sight are drawn. All rows have one height. Arrow keys,
 * Home and End move; Enter opens.
 */
export function VirtualTable<Row>(props: VirtualTableProps<Row>) {
  const { columns, rows, rowKey, selected, onSelect, onEnd } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : rowKey(row);
    },
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1);
  const move = (index: number) => {
    const to = Math.max(0, Math.min(rows.length - 1, index));
    virtual.scrollToIndex(to);
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-index="${to}"]`)?.focus(),
    );
  };
  const narrow = columns.filter(({ wideOnly }) => !wideOnly).map(({ width }) => width);
  const style = {
    '--wide': columns.map(({ width }) => width).join(' '),
    '--narrow': narrow.join(' '),
  } as React.CSSProperties;
  const grid =
    'grid items-center gap-x-3 px-4 [grid-template-columns:var(--narrow)] md:[grid-template-columns:var(--wide)]';
  return (
    <div
      role="table"
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
      style={style}
      className={classes('flex min-h-0 min-w-0 flex-col', props.className)}
    >
      <div
        role="row"
        aria-rowindex={1}
        className={classes(grid, 'h-9 border-line border-b text-muted text-xs')}
      >
        {columns.map((column) => (
          <div key={column.id} role="columnheader" className={cellClass(column)}>
            {column.title}
          </div>
        ))}
      </div>
      <div
        ref={scroller}
        className="min-h-0 flex-1 overflow-y-auto overflow-x-hidden [contain:strict]"
        onScroll={() => {
          if (onEnd !== undefined && last !== undefined && last.index >= rows.length - OVERSCAN)
            onEnd();
        }}
      >
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            const key = rowKey(row);
            return (
              <div
                key={item.key}
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={selected === undefined ? undefined : selected === key}
                data-index={item.index}
                tabIndex={selected === key || (selected === undefined && item.index === 0) ? 0 : -1}
                onClick={() => onSelect?.(row)}
                onKeyDown={(event) => {
                  const to = {
                    ArrowDown: item.index + 1,
                    ArrowUp: item.index - 1,
                    Home: 0,
                    End: rows.length - 1,
                  }[event.key];
                  if (to !== undefined) {
                    event.preventDefault();
                    move(to);
                  } else if (event.key === 'Enter' && event.target === event.currentTarget)
                    onSelect?.(row);
                }}
                className={classes(
                  grid,
                  'absolute inset-x-0 top-0 border-line/60 border-b focus-visible:-outline-offset-2',
                  onSelect !== undefined && 'cursor-pointer hover:bg-raised',
                  selected === key && 'bg-accent-soft',
                )}
                style={{ height: ROW_PX, transform: `translateY(${item.start}px)` }}
              >
                {columns.map((column) => (
                  <div key={column.id} role="cell" className={cellClass(column)}>
                    {column.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function cellClass({ wideOnly, align }: Pick<Column<never>, 'wideOnly' | 'align'>): string {
  return classes(
    'min-w-0 overflow-hidden text-ellipsis whitespace-nowrap',
    wideOnly && 'hidden md:block',
    align === 'right' && 'text-right tabular-nums',
  );
}
