import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import { whenServed } from '../api/when-served.ts';
import { Failure, Loading } from '../ui/states.tsx';
import { NotFoundPage } from './not-found-page.tsx';
import { Shell } from './shell.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage });

/** Every value in the address is text, so that a link is what somebody would type. */
function textSearch(search: Record<string, unknown>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(search)
      .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
      .map(([name, value]) => [name.slice(0, 50), String(value).slice(0, 2_000)]),
  );
}

/** Loaded when it is gone to. */
function page<T extends Record<string, unknown>, K extends keyof T & string>(
  load: () => Promise<T>,
  name: K,
) {
  return lazyRouteComponent(() => whenServed(load), name);
}

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: page(() => import('../pages/overview/overview-page.tsx'), 'OverviewPage'),
});
const agents = createRoute({
  getParentRoute: () => root,
  path: '/agents',
  validateSearch: textSearch,
  component: page(() => import('../pages/agents/agents-page.tsx'), 'AgentsPage'),
});
const agent = createRoute({
  getParentRoute: () => root,
  path: '/agents/$name',
  validateSearch: textSearch,
  component: page(() => import('../pages/agent/agent-page.tsx'), 'AgentPage'),
});
const calls = createRoute({
  getParentRoute: () => root,
  path: '/calls',
  validateSearch: textSearch,
  component: page(() => import('../pages/calls/calls-page.tsx'), 'CallsPage'),
});
const run = createRoute({
  getParentRoute: () => root,
  path: '/runs/$id',
  validateSearch: textSearch,
  component: page(() => import('../pages/run/run-page.tsx'), 'RunPage'),
});
const cost = createRoute({
  getParentRoute: () => root,
  path: '/cost',
  validateSearch: textSearch,
  component: page(() => import('../pages/cost/cost-page.tsx'), 'CostPage'),
});
const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: textSearch,
  component: page(() => import('../pages/audit/audit-page.tsx'), 'AuditPage'),
});
const secrets = createRoute({
  getParentRoute: () => root,
  path: '/secrets',
  validateSearch: textSearch,
  component: page(() => import('../pages/secrets/secrets-page.tsx'), 'SecretsPage'),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  validateSearch: textSearch,
  component: page(() => import('../pages/settings/settings-page.tsx'), 'SettingsPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    ...[overview, agents, agent, calls, run, cost, audit, secrets, settings],
  ]),
  basepath: '/dashboard',
  defaultPreload: 'intent',
  scrollRestoration: false,
  defaultPendingComponent: () => <Loading rows={6} />,
  defaultErrorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
  // `?status=error,refused&since=2h` as in `swarm logs`, not JSON.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const params = new URLSearchParams();
    for (const [name, value] of Object.entries(search))
      if (value !== undefined && value !== null && value !== '') params.set(name, String(value));
    return params.size === 0 ? '' : `?${params}`;
  },
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
