import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { TokenResource } from '../../../contracts/requests.ts';
import { tokensQuery } from '../../api/tokens.ts';
import { useMay, useSession } from '../../session/use-session.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { CallsLink } from '../../ui/calls-link.tsx';
import { Card } from '../../ui/card.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { NeedsAdmin } from '../../ui/needs-scope.tsx';
import { Empty, Failure, Loading } from '../../ui/states.tsx';
import { Time, useNowSeconds } from '../../ui/time.tsx';
import { NewTokenDialog } from './new-token-dialog.tsx';
import { RevokeDialog } from './revoke-dialog.tsx';
import { validity } from './token-form.ts';

const MAX_SHOWN = 300;

export function TokensTab() {
  const { admin } = useMay();
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<TokenResource>();
  const { data, error, refetch } = useQuery({ ...tokensQuery(), enabled: admin });
  return (
    <Card
      title="Tokens"
      flush={admin}
      actions={
        <Button
          kind="primary"
          size="small"
          disabled={!admin}
          title={admin ? undefined : 'needs the scope admin'}
          onClick={() => setMaking(true)}
        >
          <Plus aria-hidden /> New token
        </Button>
      }
    >
      {!admin ? (
        <NeedsAdmin what="Tokens are shown and made" />
      ) : data === undefined ? (
        error === null ? (
          <Loading rows={4} label="Loading tokens" />
        ) : (
          <div className="p-4">
            <Failure error={error} retry={() => void refetch()} />
          </div>
        )
      ) : data.items.length === 0 ? (
        <Empty title="There are no tokens">
          A token lets a program or a colleague in, with the scopes that you give it.
        </Empty>
      ) : (
        <ul>
          {data.items.slice(0, MAX_SHOWN).map((token) => (
            <TokenRow key={token.id} token={token} onRevoke={() => setRevoking(token)} />
          ))}
          {data.items.length > MAX_SHOWN && (
            <li className="px-4 py-3 text-muted">and {data.items.length - MAX_SHOWN} more</li>
          )}
        </ul>
      )}
      {making && <NewTokenDialog onClose={() => setMaking(false)} />}
      {revoking !== undefined && (
        <RevokeDialog token={revoking} onClose={() => setRevoking(undefined)} />
      )}
    </Card>
  );
}

function TokenRow({ token, onRevoke }: { token: TokenResource; onRevoke: () => void }) {
  const own = useSession().token === token.id;
  const { name, id, scopes, createdAt, lastUsedAt } = token;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-line border-b px-4 py-2.5 last:border-0">
      <div className="grid min-w-0 flex-1 basis-52 gap-0.5">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-medium">
            <HostileText text={name} max={100} />
          </span>
          {own && <Badge tone="accent">this session’s</Badge>}
        </p>
        <code className="truncate text-muted text-xs">{id}</code>
      </div>
      <p className="flex flex-1 basis-40 flex-wrap gap-1">
        {scopes.map((scope) => (
          <Badge key={scope} tone={scope === 'admin' ? 'warn' : 'neutral'}>
            {scope}
          </Badge>
        ))}
      </p>
      <p className="grid flex-1 basis-56 text-muted text-xs">
        <span>
          made <Time at={createdAt} relative />, <ExpiryText expires={token.expiresAt} />
        </span>
        <span>
          {lastUsedAt === null ? (
            'never used'
          ) : (
            <CallsLink terms={{ kind: 'all', actor: name }}>
              last used <Time at={lastUsedAt} relative />
            </CallsLink>
          )}
        </span>
      </p>
      <Button size="small" kind="danger" aria-label={`Revoke ${name}`} onClick={onRevoke}>
        Revoke…
      </Button>
    </li>
  );
}

function ExpiryText({ expires }: { readonly expires: string | null }) {
  const now = useNowSeconds() * 1000;
  if (expires === null) return <>does not expire</>;
  const state = validity(expires, now);
  return (
    <span className={state === 'valid' ? undefined : state === 'soon' ? 'text-warn' : 'text-bad'}>
      {state === 'expired' ? 'expired' : 'expires'} <Time at={expires} relative />
    </span>
  );
}
