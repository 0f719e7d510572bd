// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by hand cannot be a table’s
// biome-ignore-all lint/a11y/useFocusableInteractive: headings are not gone to
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { classes } from '../../ui/classes.ts';
import { milliseconds } from '../../ui/figures.tsx';
import type { RunColumn } from './run-columns.ts';
import { RunRow, STEP_ROW_PX } from './run-row.tsx';
import { type RunStep, visibleSteps } from './run-steps.ts';
import { stepAfter } from './step-after.ts';
import { barOf, ticks } from './waterfall.ts';

interface RunGridProps {
  readonly steps: readonly RunStep[];
  readonly columns: readonly RunColumn[];
  readonly span: number;
  readonly nowNs: number;
  /** Id of an event. */
  readonly selected: string | undefined;
  readonly onSelect: (id: string) => void;
}

const MAX_TICKS = 5;
/** Further right there is no room for its text. */
const LAST_TICK = 0.88;

/** All steps of a run, of which those in sight are drawn. Arrow keys move, fold and unfold. */
export function RunGrid({ steps, columns, span, nowNs, selected, onSelect }: RunGridProps) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [active, setActive] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const places = useMemo(() => visibleSteps(steps, folded), [steps, folded]);
  const virtual = useVirtualizer({
    count: places.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => STEP_ROW_PX,
    overscan: 10,
  });
  const stepAt = (index: number) => steps[places[index] ?? -1];
  const fold = (index: number) => {
    const id = stepAt(index)?.event.id;
    if (id === undefined) return;
    const next = new Set(folded);
    if (!next.delete(id)) next.add(id);
    setFolded(next);
  };
  const go = (index: number) => {
    setActive(index);
    virtual.scrollToIndex(index);
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-step="${index}"]`)?.focus(),
    );
  };
  const open = (index: number) => {
    const step = stepAt(index);
    setActive(index);
    if (step !== undefined) onSelect(step.event.id);
  };
  const pressed = (event: KeyboardEvent) => {
    const at = Number((event.target as HTMLElement).dataset.step ?? Number.NaN);
    if (Number.isNaN(at)) return;
    const page = Math.floor((scroller.current?.clientHeight ?? 0) / STEP_ROW_PX) - 1;
    const next = stepAfter({ steps, places, folded, at, page }, event.key);
    if (next === undefined) return;
    event.preventDefault();
    if (next === 'open') open(at);
    else if (next === 'fold') fold(at);
    else go(next);
  };
  const latest = useRef({ open, fold });
  latest.current = { open, fold };
  const onOpen = useCallback((index: number) => latest.current.open(index), []);
  const onFold = useCallback((index: number) => latest.current.fold(index), []);
  // A link may lead to one step of many.
  const isBroughtIn = useRef(false);
  useEffect(() => {
    if (isBroughtIn.current || steps.length === 0) return;
    isBroughtIn.current = true;
    const index =
      selected === undefined ? -1 : steps.findIndex(({ event }) => event.id === selected);
    if (index < 0) return;
    setActive(index);
    virtual.scrollToIndex(index, { align: 'center' });
  }, [steps, selected, virtual]);
  const items = virtual.getVirtualItems();
  const reachable = items.some(({ index }) => index === active) ? active : items[0]?.index;
  const style = { '--tracks': columns.map(({ width }) => width).join(' ') } as React.CSSProperties;
  return (
    <div
      role="treegrid"
      aria-label="Steps of the run"
      aria-rowcount={places.length + 1}
      style={style}
      className="flex min-h-0 min-w-0 flex-1 flex-col"
      onKeyDown={pressed}
    >
      <Headings columns={columns} span={span} />
      <div
        ref={scroller}
        className="min-h-0 flex-1 overflow-y-auto overflow-x-hidden [contain:strict]"
      >
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const step = stepAt(index);
            if (step === undefined) return null;
            const { left, width } = barOf(step, { span, nowNs });
            return (
              <RunRow
                key={step.event.id}
                {...{ step, columns, index, left, width, onOpen, onFold }}
                topPx={start}
                folded={folded.has(step.event.id)}
                selected={selected === step.event.id}
                reachable={index === reachable}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Headings({
  columns,
  span,
}: {
  readonly columns: readonly RunColumn[];
  readonly span: number;
}) {
  return (
    <div role="rowgroup">
      <div
        role="row"
        aria-rowindex={1}
        className="grid h-9 items-center gap-x-3 border-line border-b px-3 text-muted text-xs [grid-template-columns:var(--tracks)]"
      >
        {columns.map((column) => (
          <div
            key={column.id}
            role="columnheader"
            className={classes('min-w-0 truncate', column.align === 'right' && 'text-right')}
          >
            {column.id === 'bar' ? (
              <Scale span={span} most={columns.length > 2 ? MAX_TICKS : 2} />
            ) : (
              column.title
            )}
          </div>
        ))}
      </div>
    </div>
  );
}

function Scale({ span, most }: { readonly span: number; readonly most: number }) {
  return (
    <>
      <span className="sr-only">Time</span>
      <span className="relative block h-4" aria-hidden>
        {ticks(span, most)
          .filter(({ left }) => left < LAST_TICK)
          .map(({ ns, left }) => (
            <span
              key={ns}
              className="absolute border-line border-l pl-1 tabular-nums"
              style={{ left: `${left * 100}%` }}
            >
              {ns === 0 ? '0' : milliseconds(ns / 1e6)}
            </span>
          ))}
      </span>
    </>
  );
}
