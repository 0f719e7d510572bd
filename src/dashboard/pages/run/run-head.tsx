import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { RunResource } from '../../../contracts/event-query.ts';
import { count, Money, milliseconds } from '../../ui/figures.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Time } from '../../ui/time.tsx';
import { tokensText } from '../calls/event-facts.tsx';

const MAX_AGENTS = 10;

/** What the run was as a whole; its figures lead to the events behind them. */
export function RunHead({ run }: { readonly run: RunResource }) {
  const { id } = run;
  return (
    <>
      <dl className="mb-3 flex flex-wrap gap-x-6 gap-y-2 rounded-lg border border-line bg-surface px-4 py-3">
        <Total name="Began">
          <Time at={run.startedAt} />
        </Total>
        <Total name="Took">
          {run.durationNs === null ? 'still open' : milliseconds(run.durationNs / 1e6)}
        </Total>
        <Total name="Steps">
          <Link
            to="/calls"
            search={{ run: id, kind: 'all' }}
            className="text-accent hover:underline"
          >
            {count(run.events)}
          </Link>
        </Total>
        <Total name="Errors">
          {run.errors === 0 ? (
            '0'
          ) : (
            <Link
              to="/calls"
              search={{ run: id, kind: 'all', status: 'error' }}
              className="text-bad hover:underline"
            >
              {count(run.errors)}
            </Link>
          )}
        </Total>
        <Total name="Tokens">{tokensText(run.tokens) || '0'}</Total>
        <Total name="Cost">
          {run.cost.length === 0 && '$0'}
          {run.cost.map((cost, index) => (
            <span key={cost.currency}>
              {index > 0 && ' + '}
              <Money {...cost} />
            </span>
          ))}
        </Total>
        <Total name={run.agents.length === 1 ? 'Agent' : 'Agents'}>
          {run.agents.slice(0, MAX_AGENTS).map((agent, index) => (
            <span key={agent}>
              {index > 0 && ', '}
              <Link
                to="/agents/$name"
                params={{ name: agent }}
                className="text-accent hover:underline"
              >
                <HostileText text={agent} max={60} />
              </Link>
            </span>
          ))}
          {run.agents.length > MAX_AGENTS && ` and ${run.agents.length - MAX_AGENTS} more`}
          {run.agents.length === 0 && 'none'}
        </Total>
      </dl>
      {run.truncated && (
        <p role="status" className="mb-3 rounded-lg bg-warn-soft px-4 py-2 text-warn">
          The run has more events than are shown here: these are its first {count(run.events)}, and
          the sums are of these.{' '}
          <Link to="/calls" search={{ run: id, kind: 'all' }} className="underline">
            See all of them as a list
          </Link>
        </p>
      )}
    </>
  );
}

function Total({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-muted text-xs">{name}</dt>
      <dd className="break-words tabular-nums">{children}</dd>
    </div>
  );
}
