import { useRef, useState } from 'react';
import type { AgentResource } from '../../../contracts/resources.ts';
import { Button } from '../../ui/button.tsx';
import { useMedia } from '../../ui/use-media.ts';
import { useStillOrder } from '../agent/use-still-order.ts';
import { AgentItem, AgentLine, type AgentLineProps } from './agent-line.tsx';

/** More are drawn when they are asked for: nobody looks through thousands. */
const STEP = 200;

interface AgentListProps {
  readonly agents: readonly AgentResource[];
  readonly paused: ReadonlySet<string>;
  readonly onAct: AgentLineProps['onAct'];
}

const HEADINGS = [
  { title: 'Agent', width: 'w-[36%] pl-4 text-left xl:w-[24%]' },
  { title: 'State', width: 'px-2 text-left' },
  { title: 'Replicas', width: 'px-2 text-right' },
  { title: 'Revision', width: 'px-2 text-right' },
  { title: 'Image', width: 'w-[26%] px-2 text-left' },
  { title: 'Address', width: 'hidden w-[28%] px-2 text-left xl:table-cell' },
  { title: 'Updated', width: 'px-2 text-left' },
];

export function AgentList({ agents, paused, onAct }: AgentListProps) {
  const [most, setMost] = useState(STEP);
  const isWide = useMedia('(min-width: 64rem)');
  const list = useRef<HTMLDivElement>(null);
  const Line = isWide ? AgentLine : AgentItem;
  const lines = useStillOrder(agents, list)
    .slice(0, most)
    .map((agent) => (
      <Line key={agent.id} agent={agent} paused={paused.has(agent.name)} onAct={onAct} />
    ));
  return (
    <div ref={list}>
      {isWide ? (
        <table className="w-full">
          <thead className="text-muted text-xs">
            <tr className="h-9 border-line border-b">
              {HEADINGS.map(({ title, width }) => (
                <th key={title} scope="col" className={`font-normal ${width}`}>
                  {title}
                </th>
              ))}
              <th scope="col">
                <span className="sr-only">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>{lines}</tbody>
        </table>
      ) : (
        <ul className="divide-y divide-line/60">{lines}</ul>
      )}
      {agents.length > most && (
        <div className="border-line border-t p-3 text-center">
          <Button size="small" onClick={() => setMost(most + STEP)}>
            {agents.length - most} more
          </Button>
        </div>
      )}
    </div>
  );
}
