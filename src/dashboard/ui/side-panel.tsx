import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { useMedia } from './use-media.ts';

interface SidePanelProps {
  readonly title: string;
  /** Beside the title. */
  readonly actions?: ReactNode;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Beside a list where there is room; over the whole screen where there is none. */
export function SidePanel({ title, actions, onClose, children }: SidePanelProps) {
  const wide = useMedia('(min-width: 64rem)');
  if (!wide) return <Sheet {...{ title, actions, onClose }}>{children}</Sheet>;
  return (
    <aside
      aria-label={title}
      className="flex min-h-0 w-[30rem] shrink-0 flex-col rounded-lg border border-line bg-surface xl:w-[34rem]"
    >
      <header className="flex min-h-11 shrink-0 items-center justify-between gap-2 border-line border-b px-4 py-1">
        <h2 className="font-semibold">{title}</h2>
        <div className="flex items-center gap-1">
          {actions}
          <Button kind="quiet" size="iconSmall" aria-label="Close" onClick={onClose}>
            <X />
          </Button>
        </div>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
    </aside>
  );
}

function Sheet({ title, actions, onClose, children }: SidePanelProps) {
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Content
          aria-describedby={undefined}
          className="fixed inset-0 z-40 flex flex-col bg-surface"
        >
          <div className="flex min-h-12 shrink-0 items-center justify-between gap-2 border-line border-b px-4">
            <Radix.Title className="font-semibold text-base">{title}</Radix.Title>
            <div className="flex items-center gap-1">
              {actions}
              <Radix.Close asChild>
                <Button kind="quiet" size="icon" aria-label="Close">
                  <X />
                </Button>
              </Radix.Close>
            </div>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
