import type { ReactNode } from 'react';
import { classes } from './classes.ts';

interface ScrollRegionProps {
  readonly label: string;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A part that scrolls by itself, with the keyboard too. */
export function ScrollRegion({ label, className, children }: ScrollRegionProps) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      className={classes('min-w-0 overflow-auto focus-visible:-outline-offset-2', className)}
    >
      {children}
    </section>
  );
}
