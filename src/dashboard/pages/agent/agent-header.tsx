import { useQuery } from '@tanstack/react-query';
import { EllipsisVertical, OctagonPause, Play, RotateCw, Scaling, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { AgentResource } from '../../../contracts/resources.ts';
import { pausesQuery } from '../../api/agents.ts';
import { useMay } from '../../session/use-session.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Menu } from '../../ui/menu.tsx';
import { PageTitle } from '../../ui/page-title.tsx';
import { ActButton } from './act-button.tsx';
import { type AgentAct, AgentActs } from './agent-acts.tsx';
import { StateBadge } from './agent-state.tsx';
import { PausedBanner } from './paused-banner.tsx';

/** Name, state and revision; where it is called; and what can be done at once. */
export function AgentHeader({ agent }: { readonly agent: AgentResource }) {
  const [act, setAct] = useState<AgentAct>();
  const pauses = useQuery(pausesQuery());
  const paused = pauses.data?.items.find((pause) => pause.agent === agent.name);
  return (
    <>
      <PageTitle
        title={agent.name}
        actions={<Actions agent={agent} paused={paused !== undefined} begin={setAct} />}
      >
        <HostileText text={agent.name} />
        <StateBadge state={agent.state} />
        {paused !== undefined && <Badge tone="bad">paused</Badge>}
        {agent.revision !== null && (
          <Badge>
            <span className="sr-only">revision</span>
            <span aria-hidden>rev</span> {agent.revision}
          </Badge>
        )}
      </PageTitle>
      <p className="-mt-3 mb-3 flex min-w-0 items-center gap-1 text-muted">
        <span className="min-w-0 truncate font-mono text-xs">
          <HostileText text={agent.url} />
        </span>
        <CopyButton text={agent.url} label="Copy the agent’s address" />
      </p>
      {paused !== undefined && <PausedBanner pause={paused} resume={() => setAct('resume')} />}
      <AgentActs agent={agent} act={act} close={() => setAct(undefined)} />
    </>
  );
}

interface ActionsProps {
  readonly agent: AgentResource;
  readonly paused: boolean;
  readonly begin: (act: AgentAct) => void;
}

function Actions({ agent, paused, begin }: ActionsProps) {
  const may = useMay();
  const deleting = agent.state === 'deleting' ? 'The agent is being deleted.' : undefined;
  const busy = deleting ?? (agent.deployment === null ? undefined : 'A deployment is under way.');
  return (
    <>
      <ActButton needs="deploy" blocked={deleting} onClick={() => begin('scale')}>
        <Scaling aria-hidden /> Scale
      </ActButton>
      <ActButton needs="deploy" blocked={busy} onClick={() => begin('restart')}>
        <RotateCw aria-hidden /> Restart
      </ActButton>
      {paused ? (
        <ActButton needs="deploy" kind="primary" onClick={() => begin('resume')}>
          <Play aria-hidden /> Resume
        </ActButton>
      ) : (
        <ActButton needs="deploy" kind="danger" onClick={() => begin('pause')}>
          <OctagonPause aria-hidden /> Pause
        </ActButton>
      )}
      <Menu
        trigger={
          <Button size="icon" aria-label="More actions">
            <EllipsisVertical />
          </Button>
        }
        items={[
          {
            label: (
              <>
                <Trash2 aria-hidden /> Delete agent…
              </>
            ),
            danger: true,
            disabled: !may.deploy || deleting !== undefined,
            onSelect: () => begin('delete'),
          },
        ]}
      />
    </>
  );
}
