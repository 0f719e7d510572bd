import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SessionResource } from '../../../contracts/session.ts';
import { endSessionOf, sessionsQuery } from '../../api/sessions.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { clientName } from '../../ui/client-name.ts';
import { CommandText } from '../../ui/command-text.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Failure, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { toast } from '../../ui/toast.tsx';
import { othersOf } from './own-sessions.ts';

const MAX_SHOWN = 200;

export function SessionsTab() {
  const [ending, setEnding] = useState<readonly SessionResource[]>();
  const { data, error, refetch } = useQuery(sessionsQuery());
  const others = othersOf(data?.items ?? []);
  return (
    <Card
      title="Sessions"
      flush
      actions={
        <Button size="small" disabled={others.length === 0} onClick={() => setEnding(others)}>
          Sign out everywhere else…
        </Button>
      }
    >
      {data === undefined ? (
        error === null ? (
          <Loading rows={3} label="Loading sessions" />
        ) : (
          <div className="p-4">
            <Failure error={error} retry={() => void refetch()} />
          </div>
        )
      ) : (
        <>
          <ul>
            {data.items
              .toSorted((a, b) => Number(b.current) - Number(a.current))
              .slice(0, MAX_SHOWN)
              .map((session) => (
                <SessionRow key={session.id} session={session} onEnd={() => setEnding([session])} />
              ))}
          </ul>
          {data.items.length > MAX_SHOWN && (
            <p className="px-4 py-3 text-muted">and {data.items.length - MAX_SHOWN} more</p>
          )}
          <div className="border-line border-t px-4 py-3">
            <CommandText command="swarm sessions list" />
          </div>
        </>
      )}
      {ending !== undefined && <EndDialog sessions={ending} onClose={() => setEnding(undefined)} />}
    </Card>
  );
}

function SessionRow({ session, onEnd }: { session: SessionResource; onEnd: () => void }) {
  const { name, client, address, current, createdAt, lastUsedAt, idleUntil, expiresAt } = session;
  // Whichever comes first ends it.
  const ends = Date.parse(idleUntil) < Date.parse(expiresAt) ? idleUntil : expiresAt;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-line border-b px-4 py-2.5 last:border-0">
      <div className="grid min-w-0 flex-1 basis-56 gap-0.5">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-medium" title={client.slice(0, 200)}>
            <HostileText text={clientName(client)} max={100} />
          </span>
          {current && <Badge tone="accent">this one</Badge>}
        </p>
        <p className="text-muted text-xs">
          <HostileText text={name} max={100} />, from <HostileText text={address} max={60} />
        </p>
      </div>
      <p className="grid flex-1 basis-56 text-muted text-xs">
        <span>
          signed in <Time at={createdAt} relative />, last used <Time at={lastUsedAt} relative />
        </span>
        <span>
          ends <Time at={ends} relative /> unless it is used, at the latest <Time at={expiresAt} />
        </span>
      </p>
      <Button
        size="small"
        kind="danger"
        className="w-20"
        aria-label={`${current ? 'Sign out' : 'End'}: session from ${address}, ${clientName(client)}`}
        onClick={onEnd}
      >
        {current ? 'Sign out…' : 'End…'}
      </Button>
    </li>
  );
}

interface EndDialogProps {
  readonly sessions: readonly SessionResource[];
  readonly onClose: () => void;
}

function EndDialog({ sessions, onClose }: EndDialogProps) {
  const queries = useQueryClient();
  const [first] = sessions;
  const own = first?.current === true;
  const many = sessions.length > 1;
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={
        many ? `End ${sessions.length} sessions?` : own ? 'Sign out here?' : 'End this session?'
      }
      action={own ? 'Sign out' : many ? 'End them' : 'End it'}
      danger
      onConfirm={async () => {
        for (const { id } of sessions) await endSessionOf(id);
        if (own) return;
        await queries.invalidateQueries({ queryKey: ['sessions'] });
        toast(many ? `${sessions.length} sessions are ended` : 'The session is ended');
      }}
    >
      {own
        ? 'To come back, run: swarm dashboard'
        : 'Its pages stop at once and ask to sign in again.'}
    </Confirm>
  );
}
