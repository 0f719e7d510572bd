import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { problemText } from '../../../contracts/audit-problem-text.ts';
import type {
  AuditVerification,
  AuditVerifications,
} from '../../../contracts/audit-verification.ts';
import { verifyOnServer } from '../../api/audit.ts';
import { Button } from '../../ui/button.tsx';
import { CallsLink } from '../../ui/calls-link.tsx';
import { count, milliseconds } from '../../ui/figures.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Failure } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';

const KINDS = 'audit.verified,audit.verification_failed,audit.verification_unfinished';

/** What swarmd itself found when it last went over the log, and the button to have it done now. */
export function ServerVerification({ found }: { readonly found: AuditVerifications }) {
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>();
  const [asked, setAsked] = useState(false);
  const verify = async () => {
    setAsked(true);
    setError(undefined);
    try {
      await verifyOnServer();
      await queries.invalidateQueries({ queryKey: ['audit'] });
    } catch (thrown) {
      setError(thrown);
    } finally {
      setAsked(false);
    }
  };
  const { last, running, unfinished, nextAt } = found;
  return (
    <div className="grid justify-items-start gap-1.5">
      <span>
        {last === null ? 'not yet' : <Verdict last={last} />}
        {nextAt !== null && running === null && (
          <span className="text-muted">
            {' '}
            · next <Time at={nextAt} relative />
          </span>
        )}
      </span>
      {unfinished !== null && (
        <span className="text-muted">
          An attempt <Time at={unfinished.time} relative /> came to no verdict:{' '}
          <HostileText text={unfinished.reason} max={300} />
        </span>
      )}
      <Button size="small" busy={asked || running !== null} onClick={() => void verify()}>
        Verify on the server
      </Button>
      {error !== undefined && <Failure error={error} />}
    </div>
  );
}

function Verdict({ last }: { readonly last: AuditVerification }) {
  const { verdict, time, by, entries, durationMs } = last;
  return (
    <CallsLink terms={{ kind: KINDS }}>
      <span className={verdict === 'damaged' ? 'font-medium text-bad' : ''}>{verdict}</span>,{' '}
      <Time at={time} relative /> by <HostileText text={by} max={60} />: {count(entries)} entries in{' '}
      {milliseconds(durationMs)}
    </CallsLink>
  );
}

/** Loud until a verification finds the log intact. */
export function DamageAlert({ last }: Pick<AuditVerifications, 'last'>) {
  if (last?.verdict !== 'damaged') return null;
  const { problem, findings } = last;
  return (
    <div role="alert" className="mb-3 grid gap-1 rounded-md bg-bad-soft px-3 py-2 text-bad">
      <p className="font-medium">
        The log is not what was written: {count(findings)} {findings === 1 ? 'finding' : 'findings'}
      </p>
      {problem !== null && (
        <p className="break-words">
          <HostileText text={problemText(problem)} max={600} />
        </p>
      )}
      <p>
        Keep a copy of the folder <code>audit/</code>, then see all of it with{' '}
        <code>swarm audit verify</code>.
      </p>
    </div>
  );
}
