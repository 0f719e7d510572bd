import { seconds } from '../../../ui/figures.tsx';
import { useNowSeconds } from '../../../ui/time.tsx';

/** How long it has been up; the exact beginning, in UTC, on hover. */
export function Uptime({ since }: { readonly since: string }) {
  const now = useNowSeconds();
  const up = Math.max(0, now - Math.floor(Date.parse(since) / 1000));
  return (
    <time dateTime={since} title={`since ${since}`} className="tabular-nums">
      up {up < 60 ? `${up} s` : seconds(up)}
    </time>
  );
}
