import { Toast as Radix } from 'radix-ui';
import { useSyncExternalStore } from 'react';
import { classes } from './classes.ts';
import { HostileText } from './hostile-text.tsx';
import { describeError } from './states.tsx';

interface Shown {
  readonly id: number;
  readonly tone: 'good' | 'bad';
  readonly title: string;
  readonly text?: string;
}
let shown: readonly Shown[] = [];
let next = 0;
const listeners = new Set<() => void>();

function change(to: readonly Shown[]): void {
  shown = to;
  for (const listener of listeners) listener();
}

/** Says shortly that something was done. */
export function toast(title: string, text?: string): void {
  change([
    ...shown.slice(-3),
    { id: next++, tone: 'good', title, ...(text !== undefined && { text }) },
  ]);
}
/** Says that something was not done, why, and what to do. */
export function toastError(title: string, error: unknown): void {
  const { detail, remedy } = describeError(error);
  const text = remedy === undefined ? detail : `${detail} ${remedy}`;
  change([...shown.slice(-3), { id: next++, tone: 'bad', title, text }]);
}

export function Toaster() {
  const items = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
  return (
    <Radix.Provider swipeDirection="right">
      {items.map((item) => (
        <Radix.Root
          key={item.id}
          duration={item.tone === 'bad' ? 15_000 : 4_000}
          onOpenChange={(open) => !open && change(shown.filter(({ id }) => id !== item.id))}
          className={classes(
            'rounded-lg border bg-surface p-3 shadow-lg',
            item.tone === 'bad' ? 'border-bad/50' : 'border-line',
          )}
        >
          <Radix.Title className={classes('font-medium', item.tone === 'bad' && 'text-bad')}>
            <HostileText text={item.title} />
          </Radix.Title>
          {item.text !== undefined && (
            <Radix.Description className="mt-0.5 text-muted text-sm">
              <HostileText text={item.text} max={600} />
            </Radix.Description>
          )}
        </Radix.Root>
      ))}
      <Radix.Viewport className="fixed right-3 bottom-16 z-50 grid w-[calc(100vw-1.5rem)] max-w-sm gap-2 outline-none md:bottom-3" />
    </Radix.Provider>
  );
}
