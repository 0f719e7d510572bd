import { ArrowDownToLine } from 'lucide-react';
import { Button } from '../../../ui/button.tsx';
import type { AgentLog } from './use-agent-log.ts';

interface LogStatusProps {
  readonly log: AgentLog;
  readonly shown: number;
  readonly following: boolean;
  readonly follow: () => void;
  /** undefined: all that is kept has been asked for. */
  readonly more: (() => void) | undefined;
}

/** Fewer than were asked for are all there are. */
const MANY = 1_000;

const LINKS = {
  connecting: ['bg-warn', 'connecting'],
  live: ['bg-good', 'live'],
  lost: ['bg-bad', 'connection lost, trying again'],
} as const;

export function LogStatus({ log, shown, following, follow, more }: LogStatusProps) {
  const [dot, words] = LINKS[log.link];
  const { lines, dropped } = log.buffer;
  return (
    <div className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-line border-t px-3 py-1 text-muted text-xs">
      <span role="status" className="flex items-center gap-1.5">
        <span className={`size-2 rounded-full ${dot}`} aria-hidden />
        {words}
      </span>
      <span className="tabular-nums">
        {shown === lines.length
          ? `${lines.length.toLocaleString('en')} lines`
          : `${shown.toLocaleString('en')} of ${lines.length.toLocaleString('en')} lines`}
        {dropped > 0 && `, ${dropped.toLocaleString('en')} older ones dropped here`}
        {log.missed > 0 && `, ${log.missed.toLocaleString('en')} came too fast to be shown`}
      </span>
      {more !== undefined && lines.length >= MANY && (
        <Button kind="quiet" size="small" onClick={more}>
          Load 50,000 lines
        </Button>
      )}
      {!following && (
        <Button size="small" className="ml-auto" onClick={follow}>
          <ArrowDownToLine aria-hidden /> Follow
        </Button>
      )}
    </div>
  );
}
