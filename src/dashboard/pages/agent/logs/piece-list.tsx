import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useLayoutEffect, useRef } from 'react';
import { classes } from '../../../ui/classes.ts';

interface PieceListProps {
  readonly label: string;
  readonly pieces: readonly string[];
  readonly estimatePx: number;
  readonly draw: (piece: string) => ReactNode;
  /** The last one is kept in sight while the reader is at the end. */
  readonly followEnd?: boolean;
  readonly className?: string;
}

/** Nearer to the end than this is at the end. */
const END_PX = 16;

/** Pieces of a long text below each other, of which only those in sight are drawn. */
export function PieceList({ label, pieces, estimatePx, draw, ...rest }: PieceListProps) {
  const { followEnd = false, className } = rest;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: pieces.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => estimatePx,
    overscan: 3,
  });
  const atEnd = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever there is something new
  useLayoutEffect(() => {
    const element = scroller.current;
    if (followEnd && atEnd.current && element !== null) element.scrollTop = element.scrollHeight;
  }, [followEnd, pieces.length]);
  return (
    <section
      ref={scroller}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        atEnd.current = scrollHeight - scrollTop - clientHeight < END_PX;
      }}
      className={classes(
        'h-[60dvh] overflow-y-auto rounded-md border border-line bg-ground p-2 [contain:strict]',
        className,
      )}
    >
      <div className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => (
          <div
            key={item.key}
            data-index={item.index}
            ref={virtual.measureElement}
            className="absolute inset-x-0 top-0 whitespace-pre-wrap break-all font-mono text-xs leading-5"
            style={{ transform: `translateY(${item.start}px)` }}
          >
            {draw(pieces[item.index] ?? '')}
          </div>
        ))}
      </div>
    </section>
  );
}
