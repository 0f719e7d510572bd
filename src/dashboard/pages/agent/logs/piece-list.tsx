import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useRef } from 'react';

interface PieceListProps {
  readonly label: string;
  readonly pieces: readonly string[];
  readonly estimatePx: number;
  readonly draw: (piece: string) => ReactNode;
}

/** Pieces of a long text below each other, of which only those in sight are drawn. */
export function PieceList({ label, pieces, estimatePx, draw }: PieceListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: pieces.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => estimatePx,
    overscan: 3,
  });
  return (
    <section
      ref={scroller}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      className="h-[60dvh] overflow-y-auto rounded-md border border-line bg-ground p-2 [contain:strict]"
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
