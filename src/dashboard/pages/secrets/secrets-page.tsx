import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { SecretResource } from '../../../contracts/secret.ts';
import { secretsQuery } from '../../api/secrets.ts';
import { useMay } from '../../session/use-session.ts';
import { Button } from '../../ui/button.tsx';
import { PageTitle } from '../../ui/page-title.tsx';
import { SidePanel } from '../../ui/side-panel.tsx';
import { Empty, Failure, Loading } from '../../ui/states.tsx';
import { NewSecretDialog } from './new-secret-dialog.tsx';
import { SecretPanel } from './secret-panel.tsx';
import { isSecret } from './secret-use.ts';
import { SecretsTable, secretKey } from './secrets-table.tsx';

export function SecretsPage() {
  const asked = useSearch({ from: '/secrets' });
  const navigate = useNavigate({ from: '/secrets' });
  const { deploy } = useMay();
  const [making, setMaking] = useState(false);
  const { data, error, refetch } = useQuery(secretsQuery());
  const selected = data?.items.find((secret) =>
    isSecret(secret, { name: asked.name, agent: asked.agent }),
  );
  const show = (secret: SecretResource | undefined) => {
    const search = { name: secret?.name, agent: secret?.agent ?? undefined };
    void navigate({ search, replace: true });
  };
  return (
    <div className="flex h-[calc(100dvh-6rem)] min-h-96 flex-col md:h-[calc(100dvh-3rem)]">
      <PageTitle
        title="Secrets"
        actions={
          <Button
            kind="primary"
            disabled={!deploy}
            title={deploy ? undefined : 'needs the scope deploy'}
            onClick={() => setMaking(true)}
          >
            <Plus aria-hidden /> New secret
          </Button>
        }
      />
      <div className="flex min-h-0 flex-1 gap-4">
        <section
          aria-label="All secrets"
          className="flex min-h-0 min-w-0 flex-1 flex-col rounded-lg border border-line bg-surface"
        >
          {data === undefined ? (
            error === null ? (
              <Loading rows={6} label="Loading secrets" />
            ) : (
              <div className="p-4">
                <Failure error={error} retry={() => void refetch()} />
              </div>
            )
          ) : data.items.length === 0 ? (
            <Empty title="There are no secrets yet" command="swarm secrets set NAME">
              A key that an agent uses and does not have: the machine gets a placeholder, and the
              value takes its place where a call leaves.
            </Empty>
          ) : (
            <SecretsTable secrets={data.items} selected={selected} onSelect={show} />
          )}
        </section>
        {selected !== undefined && (
          <SidePanel title={selected.name} onClose={() => show(undefined)}>
            <SecretPanel
              key={secretKey(selected)}
              secret={selected}
              onDeleted={() => show(undefined)}
            />
          </SidePanel>
        )}
      </div>
      {making && (
        <NewSecretDialog
          onClose={() => setMaking(false)}
          onMade={(secret) => {
            setMaking(false);
            show(secret);
          }}
        />
      )}
    </div>
  );
}
