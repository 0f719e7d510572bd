import type { SecretResource } from '../../../contracts/secret.ts';
import { Badge } from '../../ui/badge.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Time } from '../../ui/time.tsx';
import { type Column, VirtualTable } from '../../ui/virtual-table.tsx';

const COLUMNS: readonly Column<SecretResource>[] = [
  {
    id: 'name',
    title: 'Name',
    width: 'minmax(0,1.4fr)',
    cell: ({ name }) => <HostileText text={name} max={64} className="font-mono text-xs" />,
  },
  {
    id: 'for',
    title: 'For',
    width: 'minmax(0,1fr)',
    cell: ({ agent }) =>
      agent === null ? (
        <span className="text-muted">workspace</span>
      ) : (
        <HostileText text={agent} max={64} />
      ),
  },
  {
    id: 'mode',
    title: 'Mode',
    width: '6.5rem',
    wideOnly: true,
    cell: ({ mode }) => <Badge tone={mode === 'inject' ? 'warn' : 'neutral'}>{mode}</Badge>,
  },
  {
    id: 'hosts',
    title: 'Hosts',
    width: 'minmax(0,1.4fr)',
    wideOnly: true,
    cell: ({ mode, hosts }) =>
      mode === 'inject' ? (
        <span className="text-muted">–</span>
      ) : hosts.length === 0 ? (
        <span className="text-warn">all that the agent may call</span>
      ) : (
        <HostileText text={hosts.join(', ')} max={200} className="font-mono text-xs" />
      ),
  },
  {
    id: 'usedBy',
    title: 'Used by',
    width: 'minmax(0,1fr)',
    wideOnly: true,
    cell: ({ usedBy }) =>
      usedBy.length === 0 ? (
        <span className="text-muted">nobody</span>
      ) : (
        <>
          {usedBy.length > 1 && <span className="text-muted">{usedBy.length} agents: </span>}
          <HostileText text={usedBy.join(', ')} max={120} />
        </>
      ),
  },
  {
    id: 'version',
    title: 'Version',
    width: '4rem',
    wideOnly: true,
    align: 'right',
    cell: ({ version }) => version,
  },
  {
    id: 'lastUsed',
    title: 'Last used',
    width: '6rem',
    align: 'right',
    cell: ({ lastUsedAt }) =>
      lastUsedAt === null ? (
        <span className="text-muted">never</span>
      ) : (
        <Time at={lastUsedAt} relative />
      ),
  },
];

export const secretKey = ({ name, agent }: Pick<SecretResource, 'name' | 'agent'>) =>
  `${agent ?? ''}/${name}`;

interface SecretsTableProps {
  readonly secrets: readonly SecretResource[];
  readonly selected: SecretResource | undefined;
  readonly onSelect: (secret: SecretResource) => void;
}

export function SecretsTable({ secrets, selected, onSelect }: SecretsTableProps) {
  return (
    <VirtualTable
      label="Secrets"
      columns={COLUMNS}
      rows={secrets}
      rowKey={secretKey}
      selected={selected && secretKey(selected)}
      onSelect={onSelect}
      className="h-full"
    />
  );
}
