import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { SystemResource } from '../../../contracts/resources.ts';
import { systemQuery } from '../../api/system.ts';
import { PLACES } from '../../app/navigation.ts';
import { useSession } from '../../session/use-session.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { type Fact, Facts } from '../../ui/facts.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Failure, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';

export function AboutTab() {
  const { data, error, refetch } = useQuery(systemQuery());
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Card title="swarmd">
        {data !== undefined ? (
          <System system={data} />
        ) : error !== null ? (
          <Failure error={error} retry={() => void refetch()} />
        ) : (
          <Loading rows={7} />
        )}
      </Card>
      <Card title="Keyboard">
        <Shortcuts />
      </Card>
    </div>
  );
}

function System({ system }: { readonly system: SystemResource }) {
  const session = useSession();
  const { version, startedAt, pid, driver, acceleration, network, home, audit } = system;
  const facts: Fact[] = [
    { label: 'Version', value: <HostileText text={version} /> },
    {
      label: 'Started',
      value: (
        <>
          <Time at={startedAt} relative />, process {pid}
        </>
      ),
    },
    {
      label: 'Machines',
      value: `${driver}, ${acceleration === 'kvm' ? 'hardware virtualisation (KVM)' : 'software emulation (TCG): slow'}`,
    },
    {
      label: 'Network',
      value: network === 'tap' ? 'tap devices' : 'user mode: no rights needed, slower',
    },
    { label: 'Home', value: <HostileText text={home} className="font-mono text-xs" /> },
    {
      label: 'Audit log',
      value: audit.available ? (
        <Badge tone="good">can be written</Badge>
      ) : (
        <>
          <Badge tone="bad">cannot be written</Badge>{' '}
          <HostileText text={audit.reason ?? 'no reason was given'} />
        </>
      ),
    },
    { label: 'Workspace', value: <HostileText text={session.workspace} /> },
    {
      label: 'Signed in as',
      value: (
        <>
          <HostileText text={session.name} max={100} />, scopes {session.scopes.join(', ')}
        </>
      ),
    },
  ];
  return <Facts items={facts} />;
}

const KEYS: readonly { readonly keys: readonly string[]; readonly what: ReactNode }[] = [
  { keys: ['Ctrl', 'K'], what: 'go to a page, an agent, an action (⌘ K on a Mac)' },
  { keys: ['/'], what: 'the page’s search' },
  ...PLACES.map(({ key, label }) => ({ keys: ['g', key], what: label })),
  { keys: ['↑', '↓', 'Home', 'End'], what: 'move in a list' },
  { keys: ['Enter'], what: 'open what is marked' },
  { keys: ['Esc'], what: 'close what is open' },
];

function Shortcuts() {
  return (
    <table className="w-full">
      <caption className="sr-only">Keyboard shortcuts</caption>
      <thead className="sr-only">
        <tr>
          <th scope="col">Keys</th>
          <th scope="col">What they do</th>
        </tr>
      </thead>
      <tbody>
        {KEYS.map(({ keys, what }) => (
          <tr key={keys.join()} className="border-line border-b last:border-0">
            <td className="w-44 py-1.5">
              <span className="flex gap-1">
                {keys.map((key) => (
                  <kbd
                    key={key}
                    className="rounded border border-line bg-raised px-1.5 font-mono text-xs leading-5"
                  >
                    {key}
                  </kbd>
                ))}
              </span>
            </td>
            <td className="py-1.5 text-muted">{what}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
