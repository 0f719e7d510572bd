import { Link, Outlet } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Toaster } from '../ui/toast.tsx';
import { TooltipProvider } from '../ui/tooltip.tsx';
import { CommandPalette } from './command-palette.tsx';
import { LinkBanner } from './link-banner.tsx';
import { PLACES } from './navigation.ts';
import { useShortcuts } from './use-shortcuts.ts';

/** What is around every page: places, the palette, and how the connection is. */
export function Shell() {
  const [palette, setPalette] = useState(false);
  useShortcuts({ openPalette: () => setPalette(true) });
  return (
    <TooltipProvider delayDuration={300}>
      <a
        href="#page"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded focus:bg-surface focus:p-2"
      >
        Skip to the page
      </a>
      <div className="md:grid print:block md:min-h-dvh md:grid-cols-[13rem_minmax(0,1fr)]">
        <aside className="sticky top-0 hidden h-dvh flex-col gap-4 border-line border-r bg-surface p-3 md:flex print:hidden">
          <Link to="/" className="flex items-center gap-2 px-2 pt-1 font-semibold text-base">
            <img src="/dashboard/icon.svg" alt="" className="size-6" /> Swarm
          </Link>
          <Button
            className="justify-between text-muted"
            onClick={() => setPalette(true)}
            aria-keyshortcuts="Control+K Meta+K"
          >
            <span className="flex items-center gap-2">
              <Search aria-hidden /> Go to…
            </span>
            <kbd className="font-mono text-xs">Ctrl K</kbd>
          </Button>
          <nav aria-label="Pages" className="grid gap-0.5">
            {PLACES.map(({ to, label, icon: Icon }) => (
              <Link
                key={to}
                to={to}
                activeOptions={{ exact: to === '/' }}
                className="flex items-center gap-2.5 rounded-md px-2.5 py-2 text-muted hover:bg-raised hover:text-ink data-[status=active]:bg-accent-soft data-[status=active]:font-medium data-[status=active]:text-accent"
              >
                <Icon className="size-4" aria-hidden />
                {label}
              </Link>
            ))}
          </nav>
        </aside>
        <div className="flex min-w-0 flex-col">
          <LinkBanner />
          <main
            id="page"
            tabIndex={-1}
            className="mx-auto w-full min-w-0 max-w-[90rem] flex-1 p-4 pb-20 outline-none md:p-6"
          >
            <Outlet />
          </main>
        </div>
      </div>
      <nav
        aria-label="Pages"
        className="fixed inset-x-0 bottom-0 z-30 flex overflow-x-auto border-line border-t bg-surface pb-[env(safe-area-inset-bottom)] md:hidden print:hidden"
      >
        {PLACES.map(({ to, label, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: to === '/' }}
            className="grid min-w-14 flex-1 justify-items-center gap-0.5 py-2 text-[11px] text-muted data-[status=active]:text-accent"
          >
            <Icon className="size-5" aria-hidden />
            {label}
          </Link>
        ))}
      </nav>
      <CommandPalette open={palette} onOpenChange={setPalette} />
      <Toaster />
    </TooltipProvider>
  );
}
