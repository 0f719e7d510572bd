import { type ReactNode, useEffect } from 'react';

interface PageTitleProps {
  readonly title: string;
  /** In its place when the title alone does not say it: with a state beside it. */
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}

/** The page’s heading, and the tab’s title. */
export function PageTitle({ title, children, actions }: PageTitleProps) {
  useEffect(() => {
    document.title = `${title} · Swarm`;
  }, [title]);
  return (
    <div className="mb-4 flex min-h-9 flex-wrap items-center justify-between gap-3">
      <h1 className="flex min-w-0 items-center gap-2 font-semibold text-xl">{children ?? title}</h1>
      {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </div>
  );
}
