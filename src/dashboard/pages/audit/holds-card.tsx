import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { HoldResource } from '../../../contracts/retention.ts';
import { holdsQuery, releaseHold } from '../../api/retention.ts';
import { Button } from '../../ui/button.tsx';
import { CallsLink } from '../../ui/calls-link.tsx';
import { Card } from '../../ui/card.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { NeedsAdmin } from '../../ui/needs-scope.tsx';
import { Failure, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { toast } from '../../ui/toast.tsx';
import { HoldDialog } from './hold-dialog.tsx';
import { holdTerms } from './retention-text.ts';

/** What is not erased, whatever retention says. */
export function HoldsCard({ admin }: { readonly admin: boolean }) {
  const queries = useQueryClient();
  const [placing, setPlacing] = useState(false);
  const [releasing, setReleasing] = useState<HoldResource>();
  const { data, error, refetch } = useQuery({ ...holdsQuery(), enabled: admin });
  return (
    <Card
      title="Holds"
      actions={
        <Button
          size="small"
          disabled={!admin}
          title={admin ? undefined : 'needs the scope admin'}
          onClick={() => setPlacing(true)}
        >
          Place…
        </Button>
      }
    >
      {!admin ? (
        <NeedsAdmin what="Holds are shown and placed" />
      ) : data !== undefined ? (
        <Holds items={data.items} onRelease={setReleasing} />
      ) : error !== null ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : (
        <Loading rows={3} />
      )}
      {placing && <HoldDialog onClose={() => setPlacing(false)} />}
      <Confirm
        open={releasing !== undefined}
        onOpenChange={() => setReleasing(undefined)}
        title={`Release the hold ${releasing?.name ?? ''}?`}
        action="Release it"
        danger
        onConfirm={async () => {
          if (releasing === undefined) return;
          await releaseHold(releasing.name);
          await queries.invalidateQueries({ queryKey: ['retention'] });
          toast('The hold is released', releasing.name);
        }}
      >
        What it covered is erased at the next run, as far as retention demands it, and cannot be
        brought back.
      </Confirm>
    </Card>
  );
}

interface HoldsProps {
  readonly items: readonly HoldResource[];
  readonly onRelease: (hold: HoldResource) => void;
}

function Holds({ items, onRelease }: HoldsProps) {
  if (items.length === 0)
    return (
      <p className="text-muted">
        Nothing is held. A hold keeps events from being erased: for a case, an audit, an
        investigation. Also: <code>swarm audit hold add</code>
      </p>
    );
  return (
    <ul className="grid gap-3">
      {items.map((hold) => (
        <li
          key={hold.name}
          className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-2 border-line border-b pb-3 last:border-0 last:pb-0"
        >
          <div className="grid min-w-0 gap-0.5">
            <p className="font-medium">
              <HostileText text={hold.name} />
            </p>
            <p>
              <HostileText text={hold.reason} />
            </p>
            <p className="text-muted">
              <CallsLink terms={holdTerms(hold)}>
                <HeldText {...hold} />
              </CallsLink>
            </p>
            <p className="text-muted text-xs">
              placed <Time at={hold.createdAt} relative /> by{' '}
              <HostileText text={hold.createdBy} max={60} />
            </p>
          </div>
          <Button size="small" kind="quiet" onClick={() => onRelease(hold)}>
            Release…
          </Button>
        </li>
      ))}
    </ul>
  );
}

function HeldText({ agent, run, since, until }: HoldResource) {
  return (
    <>
      {agent === undefined ? 'All agents' : <HostileText text={agent} />}
      {run !== undefined && <> · run {run.slice(0, 8)}</>}
      {since !== undefined && (
        <>
          {' '}
          · from <Time at={since} />
        </>
      )}
      {until !== undefined && (
        <>
          {' '}
          · until <Time at={until} />
        </>
      )}
    </>
  );
}
