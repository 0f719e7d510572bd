import { useQuery } from '@tanstack/react-query';
import type { AgentResource, RevisionResource } from '../../../../contracts/resources.ts';
import { revisionsQuery } from '../../../api/deployments.ts';
import { Badge } from '../../../ui/badge.tsx';
import { Card } from '../../../ui/card.tsx';
import { bytes, seconds } from '../../../ui/figures.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { Empty, Failure, Loading } from '../../../ui/states.tsx';
import { activeRevision, partOf } from '../revision-config.ts';
import { configFacts, type Fact } from './config-facts.ts';
import { secretParts } from './secret-parts.ts';
import { SecretsCard } from './secrets-card.tsx';

/** What the active revision gives the agent’s process. */
export function EnvironmentTab({ agent }: { readonly agent: AgentResource }) {
  const { data, error, refetch } = useQuery(revisionsQuery(agent.name));
  const revision = activeRevision(data?.items);
  if (error !== null && data === undefined)
    return <Failure error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading rows={8} />;
  if (revision === undefined)
    return (
      <Empty title="No revision is active yet" command={`swarm deployments list ${agent.name}`}>
        Its first deployment has not succeeded.
      </Empty>
    );
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <div className="grid gap-4">
        <Variables revision={revision} />
        <SecretsCard agent={agent.name} />
      </div>
      <Configuration revision={revision} />
    </div>
  );
}

function Variables({ revision }: { readonly revision: RevisionResource }) {
  const variables = Object.entries(partOf(revision.config, 'env')).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return (
    <Card
      title="Environment"
      flush
      actions={<span className="text-muted text-xs">of revision {revision.number}</span>}
    >
      {variables.length === 0 ? (
        <p className="px-4 py-6 text-center text-muted">
          agent.yaml sets no variables. The image may have its own.
        </p>
      ) : (
        <dl className="divide-y divide-line">
          {variables.map(([name, value]) => (
            <div
              key={name}
              className="grid gap-x-4 gap-y-0.5 px-4 py-2 sm:grid-cols-[minmax(0,14rem)_minmax(0,1fr)]"
            >
              <dt className="break-all font-mono text-xs">
                <HostileText text={name} />
              </dt>
              <dd className="min-w-0 break-all font-mono text-xs">
                <VariableValue value={String(value)} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}

function VariableValue({ value }: { readonly value: string }) {
  if (value === '') return <span className="text-muted">empty</span>;
  return secretParts(value).map((part, index) =>
    'secret' in part ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one value keep their places
      <Badge key={index} tone="accent" title="A secret: its value is never shown">
        secret {part.secret}
      </Badge>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one value keep their places
      <HostileText key={index} text={part.text} max={1_000} />
    ),
  );
}

function Configuration({ revision }: { readonly revision: RevisionResource }) {
  return (
    <Card title="Configuration" flush>
      <div className="divide-y divide-line">
        {configFacts(revision.config).map(({ title, facts }) => (
          <section key={title} className="px-4 py-3" aria-label={title}>
            <h3 className="mb-1 font-medium text-muted text-xs">{title}</h3>
            <dl className="grid grid-cols-[minmax(0,11rem)_minmax(0,1fr)] gap-x-4 gap-y-1">
              {facts.map(({ name, value }) => (
                <div key={name} className="contents">
                  <dt className="break-all text-muted">
                    <HostileText text={name} />
                  </dt>
                  <dd className="break-all">
                    <HostileText text={factText(value)} max={2_000} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Card>
  );
}

function factText(value: Fact['value']): string {
  if (typeof value === 'string') return value;
  return 'bytes' in value ? bytes(value.bytes) : seconds(value.seconds).replace(/ 0 \w+$/, '');
}
