import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef } from 'react';
import { classes } from '../../../ui/classes.ts';
import type { LogLine } from './log-buffer.ts';
import { LogRow } from './log-row.tsx';

interface LogRowsProps {
  readonly lines: readonly LogLine[];
  readonly find: string;
  readonly wrap: boolean;
  /** The newest line is kept in sight. */
  readonly following: boolean;
  readonly onFollow: (following: boolean) => void;
  /** Brought into sight when it changes. */
  readonly goTo: number | undefined;
  readonly onOpen: (line: LogLine) => void;
}

const ROW_PX = 20;
const OVERSCAN = 20;
/** Nearer to the end than this is at the end. */
const END_PX = 8;

/** Any number of lines, of which only those in sight are drawn. */
export function LogRows(props: LogRowsProps) {
  const { lines, find, wrap, following, onFollow, goTo, onOpen } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const lastTop = useRef(0);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    getItemKey: (index) => lines[index]?.id ?? index,
  });
  const newest = lines.at(-1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever there is something new
  useLayoutEffect(() => {
    const element = scroller.current;
    if (following && element !== null) element.scrollTop = element.scrollHeight;
  }, [following, newest, lines.length, wrap]);
  useEffect(() => {
    const element = scroller.current;
    if (!following || element === null) return;
    // Its own height changes too, when what is around it comes later.
    const observer = new ResizeObserver(() => {
      element.scrollTop = element.scrollHeight;
    });
    for (const part of [element, ...element.children]) observer.observe(part);
    return () => observer.disconnect();
  }, [following]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows have other heights from now on
  useEffect(() => virtual.measure(), [wrap]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: when somebody goes to another match
  useEffect(() => {
    if (goTo !== undefined) virtual.scrollToIndex(goTo, { align: 'center' });
  }, [goTo]);
  const scrolled = () => {
    const element = scroller.current;
    if (element === null) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < END_PX;
    const up = element.scrollTop < lastTop.current;
    lastTop.current = element.scrollTop;
    if (atEnd !== following && (atEnd || up)) onFollow(atEnd);
  };
  return (
    <div
      ref={scroller}
      role="log"
      aria-live="off"
      aria-label="Lines of the log"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      onScroll={scrolled}
      className="h-full overflow-auto py-1 font-mono text-xs leading-5 [contain:strict] focus-visible:-outline-offset-2"
    >
      <div
        className={classes('relative', wrap ? 'w-full' : 'w-max min-w-full')}
        style={{ height: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (line === undefined) return null;
          return (
            <div
              key={item.key}
              data-index={item.index}
              ref={wrap ? virtual.measureElement : undefined}
              className={classes(
                'absolute top-0 left-0 min-w-full',
                wrap ? 'w-full' : 'h-5 w-max',
                goTo === item.index && 'bg-accent-soft',
              )}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <LogRow line={line} find={find} wrap={wrap} onOpen={onOpen} />
            </div>
          );
        })}
      </div>
    </div>
  );
}
