import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { AgentResource } from '../../../contracts/resources.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Time } from '../../ui/time.tsx';
import type { AgentAct } from '../agent/agent-acts.tsx';
import { AgentStates, Replicas } from '../overview/agent-table.tsx';
import { AgentMenu } from './agent-menu.tsx';

export interface AgentLineProps {
  readonly agent: AgentResource;
  readonly paused: boolean;
  readonly onAct: (act: AgentAct, agent: AgentResource) => void;
}

/** The agent in a row of the table. Drawn anew when it changes, not with every figure. */
export const AgentLine = memo(function AgentLine({ agent, paused, onAct }: AgentLineProps) {
  const { name, replicas, url, updatedAt } = agent;
  return (
    <tr className="h-11 border-line/60 border-b last:border-b-0 hover:bg-raised/50">
      <th scope="row" className="max-w-0 truncate pl-4 text-left font-medium">
        <Link to="/agents/$name" params={{ name }} className="rounded-sm hover:underline">
          <HostileText text={name} />
        </Link>
      </th>
      <td className="whitespace-nowrap px-2">
        <AgentStates agent={agent} paused={paused} />
      </td>
      <td className="px-2 text-right tabular-nums">
        <Replicas {...replicas} />
      </td>
      <td className="px-2 text-right tabular-nums">
        <Revision agent={agent} />
      </td>
      <td className="max-w-0 truncate px-2 text-muted">
        <Image agent={agent} />
      </td>
      <td className="hidden max-w-0 px-2 xl:table-cell">
        <span className="flex min-w-0 items-center">
          <code className="truncate text-muted text-xs">
            <HostileText text={url} />
          </code>
          <CopyButton text={url} label={`Copy the address of ${name}`} />
        </span>
      </td>
      <td className="whitespace-nowrap px-2 text-muted">
        <Time at={updatedAt} relative />
      </td>
      <td className="pr-3 text-right">
        <AgentMenu agent={agent} paused={paused} onAct={onAct} />
      </td>
    </tr>
  );
});

/** The same where there is no room for a table. */
export const AgentItem = memo(function AgentItem({ agent, paused, onAct }: AgentLineProps) {
  const { name, replicas, updatedAt } = agent;
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-2 py-2.5 pr-2 pl-4">
      <div className="min-w-0">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Link
            to="/agents/$name"
            params={{ name }}
            className="min-w-0 truncate rounded-sm font-medium hover:underline"
          >
            <HostileText text={name} />
          </Link>
          <AgentStates agent={agent} paused={paused} />
        </div>
        <p className="mt-1 truncate text-muted text-xs">
          <Replicas {...replicas} /> healthy · revision <Revision agent={agent} /> ·{' '}
          <Time at={updatedAt} relative />
        </p>
        <p className="truncate text-muted text-xs">
          <Image agent={agent} />
        </p>
      </div>
      <AgentMenu agent={agent} paused={paused} onAct={onAct} />
    </li>
  );
});

function Revision({ agent: { name, revision } }: { readonly agent: AgentResource }) {
  if (revision === null) return <span title="No revision gets calls yet">–</span>;
  return (
    <Link
      to="/agents/$name"
      params={{ name }}
      search={{ tab: 'deployments' }}
      className="rounded-sm hover:underline"
    >
      {revision}
    </Link>
  );
}

function Image({ agent: { image } }: { readonly agent: AgentResource }) {
  if (image === null) return <>–</>;
  return (
    <span title={image.digest.slice(0, 100)}>
      <HostileText text={image.origin} max={200} />
    </span>
  );
}
