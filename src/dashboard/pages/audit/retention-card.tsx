import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { RetentionResource, RetentionSetting } from '../../../contracts/retention.ts';
import { retentionQuery, unsetRetention } from '../../api/retention.ts';
import { Button } from '../../ui/button.tsx';
import { CallsLink } from '../../ui/calls-link.tsx';
import { Card } from '../../ui/card.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { NeedsAdmin } from '../../ui/needs-scope.tsx';
import { Failure, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { toast } from '../../ui/toast.tsx';
import { RetentionDialog } from './retention-dialog.tsx';
import { counted, daysText } from './retention-text.ts';

/** How long the log keeps what. */
export function RetentionCard({ admin }: { readonly admin: boolean }) {
  const [editing, setEditing] = useState<RetentionSetting | 'new'>();
  const { data, error, refetch } = useQuery({ ...retentionQuery(), enabled: admin });
  return (
    <Card
      title="Retention"
      actions={
        <Button
          size="small"
          disabled={!admin || data === undefined}
          title={admin ? undefined : 'needs the scope admin'}
          onClick={() => setEditing('new')}
        >
          Set…
        </Button>
      }
    >
      {!admin ? (
        <NeedsAdmin what="Retention is shown and set" />
      ) : data !== undefined ? (
        <Settings data={data} onEdit={setEditing} />
      ) : error !== null ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : (
        <Loading rows={3} />
      )}
      {editing !== undefined && data !== undefined && (
        <RetentionDialog
          settings={data.items}
          first={editing === 'new' ? undefined : editing}
          onClose={() => setEditing(undefined)}
        />
      )}
    </Card>
  );
}

interface SettingsProps {
  readonly data: RetentionResource;
  readonly onEdit: (setting: RetentionSetting) => void;
}

function Settings({ data, onEdit }: SettingsProps) {
  const queries = useQueryClient();
  const [removing, setRemoving] = useState<RetentionSetting>();
  const { items, lastRun, nextRunAt } = data;
  return (
    <div className="grid gap-3">
      {items.length === 0 && (
        <p className="text-muted">
          Everything is kept for ever: nothing is set. Also: <code>swarm audit retention set</code>
        </p>
      )}
      <ul className="grid gap-3">
        {items.map((item) => (
          <li
            key={item.agent ?? ''}
            className="flex flex-wrap items-start justify-between gap-2 border-line border-b pb-3 last:border-0 last:pb-0"
          >
            <div className="grid min-w-0 gap-0.5">
              <p className="font-medium">
                {item.agent === null ? 'All agents' : <HostileText text={item.agent} />}
              </p>
              <p className="text-muted">
                Content {daysText(item.keepPayloadsDays)}, events {daysText(item.keepEventsDays)}
              </p>
              <p className="text-muted text-xs">
                set <Time at={item.updatedAt} relative /> by{' '}
                <HostileText text={item.updatedBy} max={60} />
              </p>
            </div>
            <span className="flex gap-1">
              <Button size="small" onClick={() => onEdit(item)}>
                Change…
              </Button>
              <Button size="small" kind="quiet" onClick={() => setRemoving(item)}>
                Unset…
              </Button>
            </span>
          </li>
        ))}
      </ul>
      <p className="text-muted text-xs">
        {lastRun === null ? (
          'Nothing was erased since swarmd started.'
        ) : (
          <>
            Last run <Time at={lastRun.endedAt} relative />:{' '}
            <CallsLink terms={{ kind: 'audit.erased' }}>
              {counted(lastRun.payloadsErased, 'content')} and{' '}
              {counted(lastRun.eventsErased, 'event')} erased
            </CallsLink>
            .
          </>
        )}
        {nextRunAt !== null && (
          <>
            {' '}
            Next run <Time at={nextRunAt} relative />.
          </>
        )}
      </p>
      <Confirm
        open={removing !== undefined}
        onOpenChange={() => setRemoving(undefined)}
        title="Unset this retention?"
        action="Unset it"
        onConfirm={async () => {
          if (removing === undefined) return;
          await unsetRetention(removing.agent);
          await queries.invalidateQueries({ queryKey: ['retention'] });
          toast('Retention is unset');
        }}
      >
        {removing?.agent == null
          ? 'What no agent’s own setting covers is then kept for ever. What was erased stays erased.'
          : 'The setting for all agents then holds for this agent as well. What was erased stays erased.'}
      </Confirm>
    </div>
  );
}
