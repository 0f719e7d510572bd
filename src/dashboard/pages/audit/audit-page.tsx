import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { auditStatusQuery } from '../../api/audit.ts';
import { useMay } from '../../session/use-session.ts';
import { PageTitle } from '../../ui/page-title.tsx';
import { Failure, Loading } from '../../ui/states.tsx';
import { AdminEventsCard } from './admin-events-card.tsx';
import { ExportsCard } from './exports-card.tsx';
import { HoldsCard } from './holds-card.tsx';
import { KeyCard } from './key-card.tsx';
import { LogCard } from './log-card.tsx';
import { RetentionCard } from './retention-card.tsx';
import { VerifyCard } from './verify-card.tsx';

export function AuditPage() {
  const { event } = useSearch({ from: '/audit' });
  const { data: status, error, refetch } = useQuery(auditStatusQuery());
  const may = useMay();
  return (
    <>
      <PageTitle title="Audit" />
      <div className="grid gap-4">
        {error !== null && status === undefined && (
          <Failure error={error} retry={() => void refetch()} />
        )}
        {status === undefined && error === null && <Loading rows={8} />}
        {status !== undefined && (
          <>
            <VerifyCard status={status} eventId={event || undefined} />
            <div className="grid items-start gap-4 lg:grid-cols-2">
              <LogCard status={status} />
              <KeyCard serverKey={status.key} />
            </div>
          </>
        )}
        <div className="grid items-start gap-4 lg:grid-cols-2">
          <RetentionCard admin={may.admin} />
          <HoldsCard admin={may.admin} />
        </div>
        <ExportsCard />
        <AdminEventsCard />
      </div>
    </>
  );
}
