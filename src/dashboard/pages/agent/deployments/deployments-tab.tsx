import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { AgentResource } from '../../../../contracts/resources.ts';
import { deploymentsQuery, revisionsQuery } from '../../../api/deployments.ts';
import { Card } from '../../../ui/card.tsx';
import { Empty, Failure, Loading } from '../../../ui/states.tsx';
import { DeploymentDetails } from './deployment-details.tsx';
import { DeploymentList } from './deployment-list.tsx';
import { Revisions } from './revisions.tsx';

/** How this agent came to be what it is, and the ways back. */
export function DeploymentsTab({ agent }: { readonly agent: AgentResource }) {
  const { deployment: asked } = useSearch({ from: '/agents/$name' });
  const navigate = useNavigate({ from: '/agents/$name' });
  const { data, error, refetch } = useQuery(deploymentsQuery(agent.name));
  const revisions = useQuery(revisionsQuery(agent.name));
  if (error !== null && data === undefined)
    return <Failure error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading rows={8} />;
  const [newest] = data.items;
  if (newest === undefined)
    return <Empty title="It was never deployed" command="swarm deploy --agent agent.yaml" />;
  const shown = data.items.find(({ id }) => id === asked) ?? newest;
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,26rem)_minmax(0,1fr)]">
      <div className="order-2 grid gap-4 xl:order-1">
        <Card title="Deployments" flush>
          <DeploymentList
            deployments={data.items}
            selected={shown.id}
            onSelect={(id) =>
              void navigate({ search: (before) => ({ ...before, deployment: id }), replace: true })
            }
          />
        </Card>
        <Revisions agent={agent} revisions={revisions.data?.items} />
      </div>
      <div className="order-1 min-w-0 xl:order-2">
        <DeploymentDetails
          key={shown.id}
          deployment={shown}
          revisions={revisions.data?.items ?? []}
        />
      </div>
    </div>
  );
}
