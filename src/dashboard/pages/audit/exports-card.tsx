import { CallsLink } from '../../ui/calls-link.tsx';
import { Card } from '../../ui/card.tsx';
import { CommandText } from '../../ui/command-text.tsx';

/** Where exports are made: any search is one. */
export function ExportsCard() {
  return (
    <Card title="Exports">
      <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
        <p className="max-w-prose text-muted">
          Search on{' '}
          <CallsLink terms={{ kind: 'all', since: '24h' }} className="text-accent underline">
            Calls
          </CallsLink>{' '}
          and export what was found, with content, proofs and a signed manifest, as JSON Lines,
          JSON, CSV or OCSF. A verifier checks the export offline. Large ones are better made with
          the command.
        </p>
        <div className="flex min-w-0 flex-wrap gap-2">
          <CommandText command="swarm audit export --to may --since 2026-05-01 --until 2026-06-01" />
          <CommandText command="swarm audit verify may --key swarm.key" />
        </div>
      </div>
    </Card>
  );
}
