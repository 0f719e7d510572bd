import type { ReactNode } from 'react';
import { classes } from '../../ui/classes.ts';

interface StatTileProps {
  readonly label: string;
  readonly value: ReactNode;
  /** What the figure is of: the time, the limit. */
  readonly note: ReactNode;
  /** The last hour, or how much of a limit is used. */
  readonly children?: ReactNode;
  readonly tone?: 'warn' | 'bad' | undefined;
}

/** One figure of all agents together. */
export function StatTile({ label, value, note, children, tone }: StatTileProps) {
  return (
    <li className="flex min-w-0 flex-col rounded-lg border border-line bg-surface p-3">
      <span className="text-muted text-xs">{label}</span>
      <span
        className={classes(
          'mt-0.5 truncate font-semibold text-xl tabular-nums leading-7',
          tone === 'warn' && 'text-warn',
          tone === 'bad' && 'text-bad',
        )}
      >
        {value}
      </span>
      <span className="mb-2 min-h-4 truncate text-muted text-xs">{note}</span>
      <span className="mt-auto flex h-7 items-end">{children}</span>
    </li>
  );
}
