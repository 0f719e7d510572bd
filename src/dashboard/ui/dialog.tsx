import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { classes } from './classes.ts';

interface DialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly description?: ReactNode;
  /** Id of what describes it, where that is not `description`. */
  readonly describedBy?: string;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

/**
 * A modal dialog. Radix’s own overlay is not used: it writes a style element, which the page’s
 * policy forbids.
 */
export function Dialog(props: DialogProps) {
  const { open, onOpenChange, title, description, describedBy, wide, children } = props;
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <div className="fixed inset-0 z-40 bg-black/45" aria-hidden />
        <Radix.Content
          {...(description === undefined && { 'aria-describedby': describedBy })}
          onOpenAutoFocus={toFirstField}
          className={classes(
            'fixed top-1/2 left-1/2 z-50 max-h-[90dvh] w-[calc(100vw-1.5rem)] -translate-x-1/2 -translate-y-1/2 overflow-y-auto rounded-xl border border-line bg-surface p-5 shadow-xl',
            wide ? 'max-w-3xl' : 'max-w-md',
          )}
        >
          <div className="mb-3 flex items-start justify-between gap-3">
            <Radix.Title className="font-semibold text-base">{title}</Radix.Title>
            <Radix.Close asChild>
              <Button kind="quiet" size="iconSmall" aria-label="Close">
                <X />
              </Button>
            </Radix.Close>
          </div>
          {description !== undefined && (
            <Radix.Description asChild>
              <div className="mb-4 text-muted">{description}</div>
            </Radix.Description>
          )}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Where there is something to fill in, it begins there and not at the button that closes it. */
function toFirstField(event: Event): void {
  if (!(event.currentTarget instanceof HTMLElement)) return;
  const field = event.currentTarget.querySelector<HTMLElement>('input, textarea, select');
  if (field === null) return;
  event.preventDefault();
  field.focus();
}
