import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { ApiError } from '../api/request.ts';
import { Button } from './button.tsx';
import { CommandText } from './command-text.tsx';
import { HostileText } from './hostile-text.tsx';

interface EmptyProps {
  readonly title: string;
  readonly children?: ReactNode;
  /** What to run to have something here. */
  readonly command?: string;
}

export function Empty({ title, children, command }: EmptyProps) {
  return (
    <div className="grid justify-items-center gap-2 px-4 py-10 text-center">
      <p className="font-medium">{title}</p>
      {children !== undefined && <div className="max-w-prose text-muted">{children}</div>}
      {command !== undefined && <CommandText command={command} />}
    </div>
  );
}

/** What went wrong and what to do, as the API says it. */
export function Failure({
  error,
  retry,
}: {
  readonly error: unknown;
  readonly retry?: (() => void) | undefined;
}) {
  const told = describeError(error);
  return (
    <div
      role="alert"
      className="flex items-start gap-3 rounded-lg border border-bad/40 bg-bad-soft p-4"
    >
      <TriangleAlert className="mt-0.5 size-5 shrink-0 text-bad" aria-hidden />
      <div className="grid min-w-0 gap-1">
        <p className="font-medium">
          <HostileText text={told.detail} max={2_000} />
        </p>
        {told.remedy !== undefined && (
          <p className="text-muted">
            <HostileText text={told.remedy} max={2_000} />
          </p>
        )}
        {told.code !== undefined && <code className="text-muted text-xs">{told.code}</code>}
        {retry !== undefined && (
          <Button size="small" className="mt-1 w-fit" onClick={retry}>
            Try again
          </Button>
        )}
      </div>
    </div>
  );
}

export function describeError(error: unknown): {
  readonly detail: string;
  readonly remedy?: string;
  readonly code?: string;
} {
  if (error instanceof ApiError) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  return { detail: `The page failed: ${detail}`, remedy: 'Load it again.' };
}

/** Where something will be: it keeps its place and says that it is coming. */
export function Loading({
  rows = 3,
  label = 'Loading',
}: {
  readonly rows?: number;
  readonly label?: string;
}) {
  return (
    <div role="status" aria-label={label} className="grid gap-2 p-4">
      {Array.from({ length: rows }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <div key={i} className="h-5 animate-pulse rounded bg-raised" />
      ))}
    </div>
  );
}
