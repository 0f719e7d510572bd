import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import { PageTitle } from '../../ui/page-title.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { AboutTab } from './about-tab.tsx';
import { AppearanceTab } from './appearance-tab.tsx';
import { PricesTab } from './prices-tab.tsx';
import { SessionsTab } from './sessions-tab.tsx';
import { TokensTab } from './tokens-tab.tsx';

const TABS: readonly { id: string; label: string; panel: ComponentType }[] = [
  { id: 'tokens', label: 'Tokens', panel: TokensTab },
  { id: 'sessions', label: 'Sessions', panel: SessionsTab },
  { id: 'prices', label: 'Prices', panel: PricesTab },
  { id: 'appearance', label: 'Appearance', panel: AppearanceTab },
  { id: 'about', label: 'About', panel: AboutTab },
];
const FIRST = 'tokens';

export function SettingsPage() {
  const { tab } = useSearch({ from: '/settings' });
  const navigate = useNavigate({ from: '/settings' });
  const open = TABS.find(({ id }) => id === tab)?.id ?? FIRST;
  const Panel = TABS.find(({ id }) => id === open)?.panel ?? TokensTab;
  return (
    <>
      <PageTitle title="Settings" />
      <Tabs
        label="Settings"
        tabs={TABS}
        value={open}
        onChange={(id) => void navigate({ search: { tab: id === FIRST ? undefined : id } })}
      >
        <Panel />
      </Tabs>
    </>
  );
}
