import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { TriangleAlert } from 'lucide-react';
import { systemQuery } from '../../api/system.ts';
import { HostileText } from '../../ui/hostile-text.tsx';

/** A verification that ends is an event, and asks anew; a start may know of the last one late. */
const EVERY_MS = 60_000;

/** Loud until a verification finds the audit log intact; nothing while it does. */
export function LogDamage() {
  const { data } = useQuery({ ...systemQuery(), refetchInterval: EVERY_MS });
  const problem = data?.audit.problem ?? null;
  if (problem === null) return null;
  return (
    <div role="alert" className="flex items-start gap-2 rounded-lg bg-bad-soft px-4 py-2 text-bad">
      <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
      <p className="min-w-0 break-words">
        <Link to="/audit" className="font-medium underline">
          The audit log is not what was written
        </Link>
        : <HostileText text={problem} max={300} />
      </p>
    </div>
  );
}
