import { Tabs as Radix } from 'radix-ui';
import { type ReactNode, useEffect, useRef } from 'react';

interface Tab {
  readonly id: string;
  readonly label: ReactNode;
}
interface TabsProps {
  readonly tabs: readonly Tab[];
  readonly value: string;
  readonly onChange: (id: string) => void;
  readonly label: string;
  readonly children: ReactNode;
}

/** The panel of the tab that is open is the child. */
export function Tabs({ tabs, value, onChange, label, children }: TabsProps) {
  const list = useRef<HTMLDivElement>(null);
  // On a phone the tab that an address opens may lie outside.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is about the tab that is open
  useEffect(() => {
    const open = list.current?.querySelector('[data-state=active]')?.getBoundingClientRect();
    const room = list.current?.getBoundingClientRect();
    if (open === undefined || room === undefined) return;
    list.current?.scrollBy((open.left + open.right - room.left - room.right) / 2, 0);
  }, [value]);
  return (
    <Radix.Root value={value} onValueChange={onChange}>
      <Radix.List
        ref={list}
        aria-label={label}
        className="mb-4 flex gap-1 overflow-x-auto border-line border-b"
      >
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.id}
            value={tab.id}
            className="-mb-px shrink-0 border-transparent border-b-2 px-3 py-2 text-muted hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      <Radix.Content value={value}>{children}</Radix.Content>
    </Radix.Root>
  );
}
