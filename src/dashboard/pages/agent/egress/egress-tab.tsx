import { useQuery } from '@tanstack/react-query';
import type { AgentResource } from '../../../../contracts/resources.ts';
import { egressQuery } from '../../../api/egress.ts';
import { Failure, Loading } from '../../../ui/states.tsx';
import { CheckCard } from './check-card.tsx';
import { PolicyCard } from './policy-card.tsx';
import { RefusedCard } from './refused-card.tsx';
import { SuggestionCard } from './suggestion-card.tsx';

/** What the agent may reach, what it tried to reach, and what it should perhaps be allowed. */
export function EgressTab({ agent }: { readonly agent: AgentResource }) {
  const { data, error, refetch } = useQuery(egressQuery(agent.name));
  if (error !== null && data === undefined)
    return <Failure error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading rows={8} />;
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <div className="grid min-w-0 gap-4">
        <PolicyCard egress={data} />
        <CheckCard agent={agent.name} policy={JSON.stringify([data.mode, data.rules])} />
      </div>
      <div className="grid min-w-0 gap-4">
        <SuggestionCard agent={agent.name} />
        <RefusedCard agent={agent.name} />
      </div>
    </div>
  );
}
