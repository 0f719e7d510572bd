import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { EgressResource } from '../../../../contracts/egress-requests.ts';
import { setEgressMode } from '../../../api/egress.ts';
import { Badge } from '../../../ui/badge.tsx';
import { Confirm } from '../../../ui/confirm.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { Time } from '../../../ui/time.tsx';
import { toast } from '../../../ui/toast.tsx';
import { ActButton } from '../act-button.tsx';

type Wanted = 'enforce' | 'audit' | null;

const WHAT = {
  enforce: 'From the answer on only what a rule allows passes; everything else is refused.',
  audit:
    'From the answer on ALL calls pass, wherever they go; what would have been refused is only recorded.',
} as const;

/** Whether rules are enforced or only watched. */
export function ModeSwitch({ egress }: { readonly egress: EgressResource }) {
  const queries = useQueryClient();
  const [wanted, setWanted] = useState<{ readonly mode: Wanted }>();
  const other = egress.mode === 'enforce' ? 'audit' : 'enforce';
  const { liveMode } = egress;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-line border-b px-4 py-2.5">
      <Badge tone={egress.mode === 'enforce' ? 'good' : 'warn'}>{egress.mode}</Badge>
      <p className="min-w-0 flex-1 text-muted text-xs">
        {egress.mode === 'enforce'
          ? 'What no rule allows is refused.'
          : 'Everything passes; what would have been refused is recorded.'}
        {liveMode !== null && (
          <>
            {' Set live by '}
            <HostileText text={liveMode.updatedBy} />, <Time at={liveMode.updatedAt} relative />.
          </>
        )}
      </p>
      {liveMode !== null && (
        <ActButton
          needs="deploy"
          size="small"
          kind="quiet"
          onClick={() => setWanted({ mode: null })}
        >
          As the revision says
        </ActButton>
      )}
      <ActButton needs="deploy" size="small" onClick={() => setWanted({ mode: other })}>
        {other === 'enforce' ? 'Enforce' : 'Only watch'}
      </ActButton>
      {wanted !== undefined && (
        <Confirm
          open
          onOpenChange={(open) => {
            if (!open) setWanted(undefined);
          }}
          title={wanted.mode === null ? 'Mode as the revision says?' : `Mode ${wanted.mode}?`}
          action={wanted.mode === null ? 'Give it back' : `Set ${wanted.mode}`}
          danger={wanted.mode === 'audit'}
          onConfirm={async () => {
            const { mode } = await setEgressMode(egress.agent, wanted.mode);
            await queries.invalidateQueries({ queryKey: ['egress'] });
            toast(`Egress mode: ${mode}`);
          }}
        >
          {wanted.mode === null
            ? 'The mode that was set live ends; that of the active revision holds again.'
            : WHAT[wanted.mode]}
        </Confirm>
      )}
    </div>
  );
}
