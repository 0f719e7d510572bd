import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type ComponentType, lazy, Suspense } from 'react';
import type { AgentResource } from '../../../contracts/resources.ts';
import { whenServed } from '../../api/when-served.ts';
import { useAgent, useLive, useLiveTerms } from '../../live/use-live.ts';
import { HostileText } from '../../ui/hostile-text.tsx';
import { PageTitle } from '../../ui/page-title.tsx';
import { Empty, Loading } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { AgentHeader } from './agent-header.tsx';
import { OverviewTab } from './overview/overview-tab.tsx';

interface TabProps {
  readonly agent: AgentResource;
}
interface Tab {
  readonly id: string;
  readonly label: string;
  readonly panel: ComponentType<TabProps>;
}

/** Loaded when it is opened. */
function lazyTab<K extends string>(
  load: () => Promise<Readonly<Record<K, ComponentType<TabProps>>>>,
  name: K,
) {
  return lazy(() => whenServed(async () => ({ default: (await load())[name] })));
}
const LogsTab = lazyTab(() => import('./logs/logs-tab.tsx'), 'LogsTab');
const DeploymentsTab = lazyTab(() => import('./deployments/deployments-tab.tsx'), 'DeploymentsTab');
const CallTab = lazyTab(() => import('./call/call-tab.tsx'), 'CallTab');
const EgressTab = lazyTab(() => import('./egress/egress-tab.tsx'), 'EgressTab');
const EnvironmentTab = lazyTab(() => import('./environment/environment-tab.tsx'), 'EnvironmentTab');
const TerminalTab = lazyTab(() => import('./terminal/terminal-tab.tsx'), 'TerminalTab');

const TABS: readonly Tab[] = [
  { id: 'overview', label: 'Overview', panel: OverviewTab },
  { id: 'logs', label: 'Logs', panel: LogsTab },
  { id: 'deployments', label: 'Deployments', panel: DeploymentsTab },
  { id: 'environment', label: 'Environment', panel: EnvironmentTab },
  { id: 'egress', label: 'Egress', panel: EgressTab },
  { id: 'call', label: 'Call it', panel: CallTab },
  { id: 'terminal', label: 'Terminal', panel: TerminalTab },
];

/** What it did and cost is kept longer than the agent. */
function NoAgent({ name }: { readonly name: string }) {
  const link = 'text-accent underline';
  return (
    <Empty title="There is no agent of this name" command="swarm agents">
      It was deleted, or never deployed. The log keeps{' '}
      <Link to="/calls" search={{ agent: name }} className={link}>
        its calls
      </Link>{' '}
      and{' '}
      <Link to="/cost" search={{ agent: name }} className={link}>
        what they cost
      </Link>
      . See which{' '}
      <Link to="/agents" className={link}>
        agents
      </Link>{' '}
      there are:
    </Empty>
  );
}

/** One agent: what it does, and everything that can be done with it. */
export function AgentPage() {
  const { name } = useParams({ from: '/agents/$name' });
  const { tab: asked } = useSearch({ from: '/agents/$name' });
  const navigate = useNavigate();
  const agent = useAgent(name);
  const { agents } = useLive();
  useLiveTerms({ agent: name });
  if (agent === undefined)
    return (
      <>
        <PageTitle title="Agent">
          <HostileText text={name} max={63} />
        </PageTitle>
        {agents === undefined ? <Loading rows={8} /> : <NoAgent name={name} />}
      </>
    );
  const tab = TABS.find(({ id }) => id === asked) ?? TABS[0];
  if (tab === undefined) return null;
  const Panel = tab.panel;
  return (
    <>
      <AgentHeader agent={agent} />
      <Tabs
        tabs={TABS}
        value={tab.id}
        label="Parts of this agent"
        onChange={(id) =>
          void navigate({
            to: '/agents/$name',
            params: { name },
            search: id === 'overview' ? {} : { tab: id },
          })
        }
      >
        <Suspense fallback={<Loading rows={8} />}>
          <Panel key={name} agent={agent} />
        </Suspense>
      </Tabs>
    </>
  );
}
