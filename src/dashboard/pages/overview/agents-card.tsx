import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { pausesQuery } from '../../api/agents.ts';
import { useLive } from '../../live/use-live.ts';
import { Card } from '../../ui/card.tsx';
import { Empty, Loading } from '../../ui/states.tsx';
import { useMedia } from '../../ui/use-media.ts';
import { AgentCards } from './agent-cards.tsx';
import { agentRows } from './agent-rows.ts';
import { AgentTable } from './agent-table.tsx';

/** More agents than anybody looks through here; those that need somebody are first. */
const MAX_SHOWN = 50;

export function AgentsCard() {
  const { agents, overview } = useLive();
  const { data: pauses } = useQuery(pausesQuery());
  const isWide = useMedia('(min-width: 64rem)');
  if (agents === undefined)
    return (
      <Card title="Agents" flush>
        <Loading rows={3} label="Loading agents" />
      </Card>
    );
  const paused = new Set(pauses?.items.map(({ agent }) => agent));
  const rows = agentRows(agents, overview, paused).slice(0, MAX_SHOWN);
  const Shown = isWide ? AgentTable : AgentCards;
  return (
    <Card
      title="Agents"
      flush
      actions={
        <Link to="/agents" className="rounded-sm text-accent hover:underline">
          {agents.length > MAX_SHOWN ? `All ${agents.length}` : 'Manage'}
        </Link>
      }
    >
      {rows.length === 0 ? (
        <Empty title="No agents yet" command="swarm demo">
          The demo deploys an example agent and calls it. Your own: <code>swarm deploy FOLDER</code>
        </Empty>
      ) : (
        <Shown rows={rows} paused={paused} asOf={overview?.asOf} />
      )}
    </Card>
  );
}
