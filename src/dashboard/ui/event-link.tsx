import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { EventResource } from '../../contracts/event.ts';

interface EventLinkProps {
  readonly event: Pick<EventResource, 'id' | 'run'>;
  readonly className?: string;
  readonly children: ReactNode;
}

/** To the event among the steps of its run; to the event alone where it has none. */
export function EventLink({ event, className, children }: EventLinkProps) {
  if (event.run === undefined)
    return (
      <Link to="/calls" search={{ kind: 'all', event: event.id }} className={className}>
        {children}
      </Link>
    );
  return (
    <Link
      to="/runs/$id"
      params={{ id: event.run }}
      search={{ event: event.id }}
      className={className}
    >
      {children}
    </Link>
  );
}
