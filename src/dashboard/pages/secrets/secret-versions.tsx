import { useQuery } from '@tanstack/react-query';
import type { SecretResource, SecretVersionResource } from '../../../contracts/secret.ts';
import { secretVersionsQuery } from '../../api/secrets.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Failure, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';

const MAX_SHOWN = 100;
const STATES: Readonly<Record<SecretVersionResource['state'], readonly [Tone, string]>> = {
  current: ['good', 'in use'],
  ended: ['neutral', 'ended; still taken out of answers'],
  erased: ['neutral', 'erased'],
};

/** What values a secret had, without any of them. */
export function SecretVersions({ secret }: { readonly secret: SecretResource }) {
  const { data, error, refetch } = useQuery(secretVersionsQuery(secret));
  if (data === undefined)
    return error === null ? (
      <Loading rows={2} label="Loading versions" />
    ) : (
      <Failure error={error} retry={() => void refetch()} />
    );
  return (
    <ol className="grid gap-2.5">
      {data.items.slice(0, MAX_SHOWN).map((item) => {
        const [tone, text] = STATES[item.state];
        return (
          <li key={item.version} className="grid grid-cols-[3rem_minmax(0,1fr)] gap-x-2">
            <span className="font-medium tabular-nums">v{item.version}</span>
            <div className="grid min-w-0 gap-0.5">
              <span>
                <Badge tone={tone}>{text}</Badge>
              </span>
              <p className="text-muted text-xs">
                <Time at={item.createdAt} relative /> by{' '}
                <HostileText text={item.createdBy} max={60} />
                {item.endedAt !== null && (
                  <>
                    ; ended <Time at={item.endedAt} relative />
                  </>
                )}
                ; {item.lastUsedAt === null ? 'never used' : 'last used '}
                {item.lastUsedAt !== null && <Time at={item.lastUsedAt} relative />}
              </p>
            </div>
          </li>
        );
      })}
      {data.items.length > MAX_SHOWN && (
        <li className="text-muted">and {data.items.length - MAX_SHOWN} older ones</li>
      )}
    </ol>
  );
}
