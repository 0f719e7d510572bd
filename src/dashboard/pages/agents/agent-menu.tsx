import { useNavigate } from '@tanstack/react-router';
import { Ellipsis, FolderOpen, Pause, Play, RotateCw, Scaling, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import type { AgentResource } from '../../../contracts/resources.ts';
import { useMay } from '../../session/use-session.ts';
import { Button } from '../../ui/button.tsx';
import { Menu } from '../../ui/menu.tsx';
import type { AgentAct } from '../agent/agent-acts.tsx';

interface AgentMenuProps {
  readonly agent: AgentResource;
  readonly paused: boolean;
  readonly onAct: (act: AgentAct, agent: AgentResource) => void;
}

/** What can be done with an agent from the list. Each act asks before it does anything. */
export function AgentMenu({ agent, paused, onAct }: AgentMenuProps) {
  const navigate = useNavigate();
  const may = useMay();
  const item = (
    act: AgentAct,
    icon: ReactNode,
    given: { text: string; blocked?: string | false },
  ) => {
    const why = may.deploy ? given.blocked || undefined : 'needs the scope “deploy”';
    return {
      label: (
        <>
          {icon} {given.text}
          {why !== undefined && <span className="ml-auto pl-3 text-xs">{why}</span>}
        </>
      ),
      disabled: why !== undefined,
      danger: act === 'pause' || act === 'delete',
      onSelect: () => onAct(act, agent),
    };
  };
  const { name, deployment, revision, state } = agent;
  return (
    <Menu
      trigger={
        <Button kind="quiet" size="iconSmall" aria-label={`Actions for ${name}`}>
          <Ellipsis />
        </Button>
      }
      items={[
        {
          label: (
            <>
              <FolderOpen aria-hidden /> Open
            </>
          ),
          onSelect: () => void navigate({ to: '/agents/$name', params: { name } }),
        },
        item('restart', <RotateCw aria-hidden />, {
          text: 'Restart',
          blocked:
            deployment !== null
              ? 'a deployment is under way'
              : revision === null && 'never deployed',
        }),
        item('scale', <Scaling aria-hidden />, {
          text: 'Scale',
          blocked: revision === null && 'never deployed',
        }),
        paused
          ? item('resume', <Play aria-hidden />, { text: 'Resume' })
          : item('pause', <Pause aria-hidden />, { text: 'Pause' }),
        item('delete', <Trash2 aria-hidden />, {
          text: 'Delete',
          blocked: state === 'deleting' && 'under way',
        }),
      ]}
    />
  );
}
