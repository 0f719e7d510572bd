import { useLive } from '../../live/use-live.ts';
import { CALLS, CallsLink } from '../../ui/calls-link.tsx';
import { Card } from '../../ui/card.tsx';
import { Empty, Failure, Loading } from '../../ui/states.tsx';
import { CALL_COLUMNS, CallLine } from './call-line.tsx';
import { useNewestCalls } from './use-newest-calls.ts';

const SHOWN = 10;

export function NewestCallsCard() {
  const { agents = [] } = useLive();
  const { calls, error, retry } = useNewestCalls(SHOWN);
  return (
    <Card
      title="Newest calls"
      flush
      actions={
        <>
          <span className="hidden text-muted text-xs sm:inline">
            Open one for its steps, its cost and its proof
          </span>
          <CallsLink terms={CALLS} className="text-accent">
            All calls
          </CallsLink>
        </>
      }
    >
      {error !== null && error !== undefined ? (
        <div className="p-4">
          <Failure error={error} retry={retry} />
        </div>
      ) : calls === undefined ? (
        <Loading rows={SHOWN} label="Loading calls" />
      ) : calls.length === 0 ? (
        <Empty
          title="No calls yet"
          command={`swarm invoke ${agents[0]?.name ?? 'NAME'} --json '{"hello": "world"}'`}
        />
      ) : (
        <>
          <div
            aria-hidden
            className={`${CALL_COLUMNS} hidden h-9 border-line border-b text-muted text-xs md:grid`}
          >
            <span>Time</span>
            <span>Status</span>
            <span>Agent</span>
            <span>Request</span>
            <span className="text-right">Duration</span>
            <span className="text-right">Cost</span>
          </div>
          <ol aria-label="Newest calls" className="divide-y divide-line/60">
            {calls.map((call) => (
              <CallLine key={call.id} call={call} />
            ))}
          </ol>
        </>
      )}
    </Card>
  );
}
