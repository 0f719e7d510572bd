import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { pausesQuery } from '../../api/agents.ts';
import { useAgent, useLive } from '../../live/use-live.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CommandText } from '../../ui/command-text.tsx';
import { Input, Select } from '../../ui/field.tsx';
import { PageTitle } from '../../ui/page-title.tsx';
import { Empty, Loading } from '../../ui/states.tsx';
import { type AgentAct, AgentActs } from '../agent/agent-acts.tsx';
import { AgentList } from './agent-list.tsx';
import { AGENT_ORDERS, AGENT_STATES, filterAgents, orderAgents } from './filter-agents.ts';

interface Act {
  readonly act: AgentAct;
  readonly name: string;
}

/** All agents, and what can be done with each. */
export function AgentsPage() {
  const { agents } = useLive();
  const { text, state, order } = useSearch({ from: '/agents' });
  const { data: pauses } = useQuery(pausesQuery());
  const [act, setAct] = useState<Act | undefined>();
  const onAct = useCallback((chosen: AgentAct, { name }: { readonly name: string }) => {
    setAct({ act: chosen, name });
  }, []);
  const paused = new Set(pauses?.items.map(({ agent }) => agent));
  const shown = agents && orderAgents(filterAgents(agents, { text, state }, paused), order, paused);
  return (
    <>
      <PageTitle
        title="Agents"
        actions={agents && agents.length > 0 && <CommandText command="swarm deploy FOLDER" />}
      />
      <Card
        title={agents === undefined ? 'All' : countText(shown?.length ?? 0, agents.length)}
        flush
        actions={<Filters {...{ text, state, order }} />}
      >
        {shown === undefined ? (
          <Loading rows={6} label="Loading agents" />
        ) : shown.length > 0 ? (
          <AgentList agents={shown} paused={paused} onAct={onAct} />
        ) : agents?.length === 0 ? (
          <Empty title="No agents yet" command="swarm init my-agent">
            That writes an agent.yaml to begin with; <code>swarm deploy my-agent</code> runs it. An
            example that is ready: <code>swarm demo</code>
          </Empty>
        ) : (
          <NoMatch />
        )}
      </Card>
      {act !== undefined && <ActOn act={act} close={() => setAct(undefined)} />}
    </>
  );
}

function countText(shown: number, all: number): string {
  const agents = all === 1 ? 'agent' : 'agents';
  return shown === all ? `${all} ${agents}` : `${shown} of ${all} ${agents}`;
}

/** As the agent is now, not as it was when the menu was opened. */
function ActOn({ act, close }: { readonly act: Act; readonly close: () => void }) {
  const agent = useAgent(act.name);
  return agent === undefined ? null : <AgentActs agent={agent} act={act.act} close={close} />;
}

interface FiltersProps {
  readonly text: string | undefined;
  readonly state: string | undefined;
  readonly order: string | undefined;
}

/** All of it in the address, so that it outlives a reload and can be sent to somebody. */
function Filters({ text, state, order }: FiltersProps) {
  const navigate = useNavigate({ from: '/agents' });
  const set = (given: { readonly [name in keyof FiltersProps]?: string }) =>
    void navigate({ search: (before) => ({ ...before, ...given }), replace: true });
  return (
    <div className="flex flex-wrap gap-2">
      <Input
        data-page-search
        type="search"
        aria-label="Filter by name, image or label"
        placeholder="Name, image or label"
        className="h-8 w-44 sm:w-56"
        value={text ?? ''}
        maxLength={200}
        onChange={(event) => set({ text: event.target.value })}
      />
      <Select
        aria-label="Filter by state"
        className="h-8 w-auto"
        value={state ?? ''}
        onChange={(event) => set({ state: event.target.value })}
      >
        <option value="">Any state</option>
        {[...AGENT_STATES, 'paused'].map((one) => (
          <option key={one}>{one}</option>
        ))}
      </Select>
      <Select
        aria-label="Order"
        className="h-8 w-auto"
        value={AGENT_ORDERS.some(({ id }) => id === order) ? order : ''}
        onChange={(event) => set({ order: event.target.value })}
      >
        {AGENT_ORDERS.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </Select>
    </div>
  );
}

function NoMatch() {
  const navigate = useNavigate({ from: '/agents' });
  return (
    <Empty title="No agent matches">
      <Button
        size="small"
        onClick={() => void navigate({ search: ({ order }) => ({ order }), replace: true })}
      >
        Show all
      </Button>
    </Empty>
  );
}
