import { useQuery } from '@tanstack/react-query';
import type { AuditStatus } from '../../../contracts/audit-status.ts';
import { lastProofsQuery } from '../../api/audit.ts';
import { Badge } from '../../ui/badge.tsx';
import { CallsLink } from '../../ui/calls-link.tsx';
import { Card } from '../../ui/card.tsx';
import { type Fact, Facts } from '../../ui/facts.tsx';
import { count } from '../../ui/figures.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Time } from '../../ui/time.tsx';
import { useKeptCheckpoint } from './pinned-key.ts';
import { DamageAlert, ServerVerification } from './server-verification.tsx';

/** How the log stands. */
export function LogCard({ status }: { readonly status: AuditStatus }) {
  const { available, checkpoint, origin, reason } = status;
  const behind = Math.max(0, status.size - status.indexed);
  const facts: Fact[] = [
    { label: 'Log', value: <HostileText text={origin} className="font-mono text-xs" /> },
    {
      label: 'Entries',
      value: (
        <CallsLink terms={{ kind: 'all' }} className="tabular-nums">
          {count(status.size)} entries
        </CallsLink>
      ),
    },
    {
      label: 'Search',
      value: behind === 0 ? 'has all of them' : `${count(behind)} entries behind; catches up`,
    },
    {
      label: 'Checkpoint',
      value:
        checkpoint === null ? (
          'none yet'
        ) : (
          <>
            <Time at={checkpoint.time} relative />, over {count(checkpoint.size)} entries
          </>
        ),
    },
    {
      label: 'Root hash',
      value: checkpoint && (
        <code className="break-all text-xs">
          <HostileText text={checkpoint.root} />
        </code>
      ),
    },
    { label: 'Verified by swarmd', value: <ServerVerification found={status.verification} /> },
    { label: 'Verified here', value: <LastVerified origin={origin} /> },
    { label: 'Last proof', value: <LastProof /> },
  ];
  return (
    <Card
      title="Log"
      actions={
        available ? (
          <Badge tone="good">can be written</Badge>
        ) : (
          <Badge tone="bad">cannot be written</Badge>
        )
      }
    >
      {!available && (
        <p role="alert" className="mb-3 rounded-md bg-bad-soft px-3 py-2 text-bad">
          Calls to agents and changes are refused:{' '}
          <HostileText text={reason ?? 'no reason was given'} />
        </p>
      )}
      <DamageAlert last={status.verification.last} />
      <Facts items={facts} />
    </Card>
  );
}

function LastVerified({ origin }: { readonly origin: string }) {
  const kept = useKeptCheckpoint(origin);
  if (kept === undefined) return <>not yet with a pinned key</>;
  const size = Number(kept.note.split('\n', 2)[1]);
  return (
    <>
      <Time at={kept.verifiedAt} relative />, over {count(size)} entries
    </>
  );
}

/** What the log itself tells: the verifier is offline and tells nobody. */
function LastProof() {
  const { data } = useQuery(lastProofsQuery());
  if (data === undefined) return <>…</>;
  const [last] = data.items;
  if (last === undefined) return <>nobody asked for one yet</>;
  return (
    <CallsLink terms={{ kind: 'audit.prove' }}>
      <Time at={last.time} relative /> by <HostileText text={last.actor.name} max={60} />
    </CallsLink>
  );
}
