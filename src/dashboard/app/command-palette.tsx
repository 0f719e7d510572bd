import { useNavigate } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { Boxes, LogOut, Moon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useLive } from '../live/use-live.ts';
import { signOut } from '../session/sign-in.ts';
import { Dialog } from '../ui/dialog.tsx';
import { HostileText } from '../ui/hostile-text.tsx';
import { toastError } from '../ui/toast.tsx';
import { PLACES } from './navigation.ts';
import { chosenTheme, setTheme } from './theme.ts';

interface CommandPaletteProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

/** Everywhere and everything by name, without the mouse. */
export function CommandPalette({ open, onOpenChange }: CommandPaletteProps) {
  const navigate = useNavigate();
  const { agents = [] } = useLive();
  const run = (act: () => unknown) => () => {
    onOpenChange(false);
    act();
  };
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Go to…">
      <Command label="Go to" className="grid gap-2">
        <Command.Input
          autoFocus
          placeholder="A page, an agent, an action"
          className="h-10 w-full rounded-md border border-line bg-ground px-3"
        />
        <Command.List className="max-h-80 overflow-y-auto">
          <Command.Empty className="p-4 text-center text-muted">Nothing of that name</Command.Empty>
          <Group heading="Pages">
            {PLACES.map(({ to, label, icon: Icon, key }) => (
              <Item key={to} value={`page ${label}`} onSelect={run(() => navigate({ to }))}>
                <Icon aria-hidden /> {label}
                <kbd className="ml-auto font-mono text-muted text-xs">g {key}</kbd>
              </Item>
            ))}
          </Group>
          <Group heading="Agents">
            {agents.map(({ name }) => (
              <Item
                key={name}
                value={`agent ${name}`}
                onSelect={run(() => navigate({ to: '/agents/$name', params: { name } }))}
              >
                <Boxes aria-hidden /> <HostileText text={name} />
              </Item>
            ))}
          </Group>
          <Group heading="Actions">
            <Item
              value="toggle theme light dark"
              onSelect={run(() => setTheme(chosenTheme() === 'dark' ? 'light' : 'dark'))}
            >
              <Moon aria-hidden /> Light or dark
            </Item>
            <Item
              value="sign out"
              onSelect={run(() => signOut().catch((error) => toastError('Not signed out', error)))}
            >
              <LogOut aria-hidden /> Sign out
            </Item>
          </Group>
        </Command.List>
      </Command>
    </Dialog>
  );
}

function Group({ heading, children }: { readonly heading: string; readonly children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-muted [&_[cmdk-group-heading]]:text-xs"
    >
      {children}
    </Command.Group>
  );
}

function Item(props: {
  readonly value: string;
  readonly onSelect: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Command.Item
      {...props}
      className="flex cursor-pointer items-center gap-2.5 rounded-md px-2 py-2 data-[selected=true]:bg-raised [&_svg]:size-4 [&_svg]:text-muted"
    />
  );
}
