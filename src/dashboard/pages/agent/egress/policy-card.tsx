import { useQueryClient } from '@tanstack/react-query';
import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { EgressResource } from '../../../../contracts/egress-requests.ts';
import { removeEgressRule } from '../../../api/egress.ts';
import { Badge } from '../../../ui/badge.tsx';
import { Card } from '../../../ui/card.tsx';
import { Confirm } from '../../../ui/confirm.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { Time } from '../../../ui/time.tsx';
import { toast } from '../../../ui/toast.tsx';
import { ActButton } from '../act-button.tsx';
import { AddRuleDialog } from './add-rule-dialog.tsx';
import { ModeSwitch } from './mode-switch.tsx';

type Rule = EgressResource['rules'][number];

/** The policy in force: those of the revision first, then what was added live. */
export function PolicyCard({ egress }: { readonly egress: EgressResource }) {
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Rule>();
  return (
    <Card
      title="What it may reach"
      flush
      actions={
        <ActButton needs="deploy" size="small" onClick={() => setAdding(true)}>
          <Plus aria-hidden /> Allow a host
        </ActButton>
      }
    >
      <ModeSwitch egress={egress} />
      {egress.rules.length === 0 ? (
        <p className="px-4 py-8 text-center text-muted">
          {egress.mode === 'enforce'
            ? 'Nothing: every call out is refused.'
            : 'No rule; all calls pass, and what would have been refused is recorded.'}
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {egress.rules.map((rule) => (
            <RuleRow key={rule.index} rule={rule} remove={() => setRemoving(rule)} />
          ))}
        </ul>
      )}
      {egress.callsPerMinute !== null && (
        <p className="border-line border-t px-4 py-2 text-muted text-xs">
          At most {egress.callsPerMinute.toLocaleString('en')} calls per minute to each host.
        </p>
      )}
      <AddRuleDialog agent={egress.agent} open={adding} onOpenChange={setAdding} />
      <RemoveRule agent={egress.agent} rule={removing} close={() => setRemoving(undefined)} />
    </Card>
  );
}

interface RuleRowProps {
  readonly rule: Rule;
  readonly remove: () => void;
}

function RuleRow({ rule, remove }: RuleRowProps) {
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-3 px-4 py-2">
      <div className="min-w-0">
        <p className="break-words font-mono text-xs">
          <HostileText text={rule.text} max={1_000} />
        </p>
        {rule.live !== null && (
          <p className="text-muted text-xs">
            added by <HostileText text={rule.live.createdBy} />,{' '}
            <Time at={rule.live.createdAt} relative />
          </p>
        )}
      </div>
      {rule.live === null ? (
        <Badge>revision</Badge>
      ) : (
        <span className="flex items-center gap-1">
          <Badge tone="accent">live</Badge>
          <ActButton
            needs="deploy"
            kind="quiet"
            size="iconSmall"
            aria-label={`Remove rule ${rule.index}`}
            onClick={remove}
          >
            <Trash2 />
          </ActButton>
        </span>
      )}
    </li>
  );
}

interface RemoveRuleProps {
  readonly agent: string;
  readonly rule: Rule | undefined;
  readonly close: () => void;
}

function RemoveRule({ agent, rule, close }: RemoveRuleProps) {
  const queries = useQueryClient();
  const live = rule?.live;
  if (rule === undefined || live === null || live === undefined) return null;
  return (
    <Confirm
      open
      onOpenChange={(open) => {
        if (!open) close();
      }}
      title="Remove this rule?"
      action="Remove"
      danger
      onConfirm={async () => {
        await removeEgressRule(agent, live.id);
        await queries.invalidateQueries({ queryKey: ['egress'] });
        toast('Rule removed', 'Connections that only it allowed have ended.');
      }}
    >
      <p className="mb-2 break-words font-mono text-ink text-xs">
        <HostileText text={rule.text} max={1_000} />
      </p>
      New calls that only this rule allows are refused at once, and connections that it allowed end.
    </Confirm>
  );
}
