import { CloudOff } from 'lucide-react';
import { useLive } from '../live/use-live.ts';
import { seconds } from '../ui/figures.tsx';
import { useNowSeconds } from '../ui/time.tsx';

/** A short break is none worth a word. */
const QUIET_MS = 1_500;

/** Says that what the page shows is old, and that it goes on by itself. */
export function LinkBanner() {
  const { link } = useLive();
  const now = useNowSeconds() * 1000;
  if (link.state !== 'lost' || now - link.sinceMs < QUIET_MS) return null;
  return (
    <div role="status" className="flex items-center gap-2 bg-warn-soft px-4 py-2 text-warn md:px-6">
      <CloudOff className="size-4 shrink-0" aria-hidden />
      <p>
        swarmd does not answer: what you see is {seconds((now - link.sinceMs) / 1000)} old. The page
        goes on by itself when it is back; see with <code>swarm status</code>.
      </p>
    </div>
  );
}
