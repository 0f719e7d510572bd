import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { EventTermsQuery } from '../../contracts/event-query.ts';
import { classes } from './classes.ts';

/** Calls into agents: what the overview counts. */
export const CALLS = { kind: 'gateway.call' } as const;
/** Those that failed: an answer of 400 or above, broken off, or nobody knows. */
export const FAILED_CALLS = { ...CALLS, status: 'error,unknown' } as const;
/** What was refused, on the way in and on the way out. */
export const REFUSALS = {
  kind: 'gateway.call,gateway.upgrade,gateway.calls_refused,egress.call,egress.connection,egress.calls_refused',
  status: 'refused',
} as const;

interface CallsLinkProps {
  readonly terms: EventTermsQuery;
  readonly className?: string;
  /** When what stands in it does not say it. */
  readonly label?: string;
  readonly children: ReactNode;
}

/** A figure that leads to the calls behind it. */
export function CallsLink({ terms, className, label, children }: CallsLinkProps) {
  return (
    <Link
      to="/calls"
      search={terms}
      aria-label={label}
      className={classes(
        'rounded-sm decoration-muted/60 underline-offset-2 hover:underline',
        className,
      )}
    >
      {children}
    </Link>
  );
}

/** Today, in UTC, as days are counted: `2026-01-31`. */
export function todayUtc(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 10);
}
