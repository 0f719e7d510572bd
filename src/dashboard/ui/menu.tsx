import { DropdownMenu as Radix } from 'radix-ui';
import { type ReactElement, type ReactNode, useState } from 'react';
import { classes } from './classes.ts';

interface MenuItem {
  readonly label: ReactNode;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly onSelect: () => void;
}

/** Not modal: Radix’s modal menus write a style element, which the page’s policy forbids. */
export function Menu({
  trigger,
  items,
}: {
  readonly trigger: ReactElement;
  readonly items: readonly (MenuItem | false)[];
}) {
  const [place, setPlace] = useState<HTMLElement | null>(null);
  return (
    <Radix.Root modal={false} onOpenChange={() => setPlace(document.getElementById('page'))}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      {/* Within the page’s landmark, so that a screen reader knows where it is. */}
      <Radix.Portal container={place}>
        <Radix.Content
          align="end"
          sideOffset={4}
          collisionPadding={8}
          className="z-50 min-w-44 rounded-lg border border-line bg-surface p-1 shadow-lg"
        >
          {items.map(
            (item, index) =>
              item !== false && (
                <Radix.Item
                  // biome-ignore lint/suspicious/noArrayIndexKey: the items of one menu keep their places
                  key={index}
                  disabled={item.disabled ?? false}
                  onSelect={item.onSelect}
                  className={classes(
                    'flex cursor-pointer items-center gap-2 rounded px-2 py-1.5 outline-none data-[disabled]:cursor-default data-[highlighted]:bg-raised data-[disabled]:opacity-50 [&_svg]:size-4',
                    item.danger && 'text-bad',
                  )}
                >
                  {item.label}
                </Radix.Item>
              ),
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
