import { Link } from '@tanstack/react-router';
import type { AgentResource } from '../../../../contracts/resources.ts';
import { Card } from '../../../ui/card.tsx';
import { CommandText } from '../../../ui/command-text.tsx';

/** The agent’s address, and two ways to call it from a terminal. */
export function HowToCall({ agent }: { readonly agent: AgentResource }) {
  const url = new URL(agent.url, location.origin).href.replace(/\/$/, '');
  return (
    <Card
      title="How to call it"
      actions={
        <Link
          to="/agents/$name"
          params={{ name: agent.name }}
          search={{ tab: 'call' }}
          className="text-accent hover:underline"
        >
          call it here
        </Link>
      }
    >
      <dl className="grid gap-3">
        <div className="grid min-w-0 gap-1">
          <dt className="text-muted text-xs">With Swarm’s command</dt>
          <dd className="min-w-0">
            <CommandText command={`swarm invoke ${agent.name} / --json '{"message": "hello"}'`} />
          </dd>
        </div>
        <div className="grid min-w-0 gap-1">
          <dt className="text-muted text-xs">From anywhere, with a token of scope “invoke”</dt>
          <dd className="min-w-0">
            <CommandText
              command={`curl -H "Authorization: Bearer $SWARM_TOKEN" --json '{"message": "hello"}' ${url}/`}
            />
          </dd>
        </div>
      </dl>
    </Card>
  );
}
