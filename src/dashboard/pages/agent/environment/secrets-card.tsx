import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { SecretResource } from '../../../../contracts/secret.ts';
import { agentSecretsQuery } from '../../../api/agents.ts';
import { Badge } from '../../../ui/badge.tsx';
import { Card } from '../../../ui/card.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { Failure, Loading } from '../../../ui/states.tsx';
import { Time } from '../../../ui/time.tsx';

/** The secrets that the agent uses, and those that it could; never their values. */
export function SecretsCard({ agent }: { readonly agent: string }) {
  const { data, error, refetch } = useQuery(agentSecretsQuery(agent));
  const used = data?.items.filter(({ usedBy }) => usedBy.includes(agent)) ?? [];
  const others = (data?.items.length ?? 0) - used.length;
  return (
    <Card
      title="Secrets it uses"
      flush
      actions={
        <Link to="/secrets" search={{ agent }} className="text-accent hover:underline">
          all secrets
        </Link>
      }
    >
      {data === undefined && error === null && <Loading rows={2} />}
      {error !== null && data === undefined && (
        <div className="p-4">
          <Failure error={error} retry={() => void refetch()} />
        </div>
      )}
      {data !== undefined && used.length === 0 && (
        <p className="px-4 py-6 text-center text-muted">
          Its active revision names none{others > 0 && `; ${others} could be used`}.
        </p>
      )}
      <ul className="divide-y divide-line">
        {used.map((secret) => (
          <SecretRow key={`${secret.agent ?? ''} ${secret.name}`} secret={secret} />
        ))}
      </ul>
    </Card>
  );
}

function SecretRow({ secret }: { readonly secret: SecretResource }) {
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 px-4 py-2">
      <p className="flex min-w-0 flex-wrap items-center gap-2">
        <code className="break-all text-xs">
          <HostileText text={secret.name} />
        </code>
        <Badge>version {secret.version}</Badge>
        <Badge tone={secret.mode === 'inject' ? 'warn' : 'neutral'}>{secret.mode}</Badge>
        {secret.agent !== null && <Badge tone="info">of this agent</Badge>}
      </p>
      <span className="text-muted text-xs">
        {secret.lastUsedAt === null ? (
          'never used'
        ) : (
          <>
            used <Time at={secret.lastUsedAt} relative />
          </>
        )}
      </span>
      <p className="col-span-2 text-muted text-xs">
        <HostileText
          text={
            secret.hosts.length === 0
              ? 'wherever the egress policy lets it go'
              : secret.hosts.join(', ')
          }
        />
      </p>
    </li>
  );
}
