import { OctagonPause } from 'lucide-react';
import type { PauseResource } from '../../../contracts/cost.ts';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Time } from '../../ui/time.tsx';
import { ActButton } from './act-button.tsx';

interface PausedBannerProps {
  readonly pause: PauseResource;
  readonly resume: () => void;
}

/** Who threw the kill switch, when and why. */
export function PausedBanner({ pause, resume }: PausedBannerProps) {
  return (
    <div
      role="status"
      className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-bad/40 bg-bad-soft px-4 py-3"
    >
      <OctagonPause className="size-5 shrink-0 text-bad" aria-hidden />
      <p className="min-w-0 flex-1">
        <strong className="font-semibold">Paused: none of its calls out passes.</strong>{' '}
        <span className="text-muted">
          By <HostileText text={pause.pausedBy} />, <Time at={pause.pausedAt} relative />
          {pause.reason !== '' && (
            <>
              {': '}
              <HostileText text={pause.reason} max={500} />
            </>
          )}
        </span>
      </p>
      <ActButton needs="deploy" kind="primary" size="small" onClick={resume}>
        Resume
      </ActButton>
    </div>
  );
}
