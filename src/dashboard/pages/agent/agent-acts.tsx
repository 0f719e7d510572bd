import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { AgentResource } from '../../../contracts/resources.ts';
import {
  deleteAgent,
  pauseAgent,
  restartAgent,
  resumeAgent,
  scaleAgent,
} from '../../api/agents.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { Field, Input } from '../../ui/field.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { toast } from '../../ui/toast.tsx';
import { ReplicaStepper } from './replica-stepper.tsx';

export type AgentAct = 'scale' | 'restart' | 'pause' | 'resume' | 'delete';

interface ActsProps {
  readonly agent: AgentResource;
  readonly act: AgentAct | undefined;
  readonly close: () => void;
}

/** Each asks first, and says what will happen. */
export function AgentActs({ agent, act, close }: ActsProps) {
  if (act === undefined) return null;
  const props = { agent, close };
  if (act === 'scale') return <Scale {...props} />;
  if (act === 'restart') return <Restart {...props} />;
  if (act === 'pause') return <Pause {...props} />;
  if (act === 'resume') return <Resume {...props} />;
  return <Delete {...props} />;
}

type ActProps = Omit<ActsProps, 'act'>;
const closing = (close: () => void) => (open: boolean) => {
  if (!open) close();
};

function Scale({ agent, close }: ActProps) {
  const before = agent.replicas.desired;
  const [replicas, setReplicas] = useState(before);
  return (
    <Confirm
      open
      onOpenChange={closing(close)}
      title={`Scale ${agent.name}`}
      action={replicas === 0 ? 'Stop all replicas' : `Scale to ${replicas}`}
      danger={replicas === 0}
      onConfirm={async () => {
        await scaleAgent(agent.name, replicas);
        toast(`Scaling to ${replicas} ${replicas === 1 ? 'replica' : 'replicas'}`, agent.name);
      }}
    >
      <ReplicaStepper value={replicas} onChange={setReplicas} />
      <p className="mt-3">{scaleText(before, replicas)}</p>
    </Confirm>
  );
}

function scaleText(before: number, after: number): string {
  if (after === before) return `${before} wanted now: nothing will change.`;
  if (after === 0)
    return 'All machines finish the calls they have, then stop. New calls are refused until it is scaled up again.';
  if (after < before)
    return `${before - after} of ${before} machines finish the calls they have, then stop.`;
  return `${after - before} more ${after - before === 1 ? 'machine boots' : 'machines boot'}; each gets calls once it is healthy.`;
}

function Restart({ agent, close }: ActProps) {
  return (
    <Confirm
      open
      onOpenChange={closing(close)}
      title={`Restart ${agent.name}`}
      action="Restart"
      onConfirm={async () => {
        await restartAgent(agent.name);
        toast(`${agent.name} restarts`, 'Its progress is under Deployments.');
      }}
    >
      {restartText(agent)} Whatever is held in memory or on a machine’s disk is gone.
    </Confirm>
  );
}

function restartText({ revision, replicas: { desired } }: AgentResource): string {
  const of = `of revision ${revision ?? '–'}`;
  return desired === 1
    ? `A new machine ${of} takes the place of the one that is there, which answers until the new one is healthy, finishes the calls it has, and stops.`
    : `New machines ${of} take the place of all ${desired} that are there. The old ones answer until the new ones are healthy, finish the calls they have, and stop.`;
}

function Pause({ agent, close }: ActProps) {
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  return (
    <Confirm
      open
      onOpenChange={closing(close)}
      title={`Pause ${agent.name}?`}
      action="Pause now"
      danger
      onConfirm={async () => {
        await pauseAgent(agent.name, reason.trim());
        await queries.invalidateQueries({ queryKey: ['pauses'] });
        toast(`${agent.name} is paused`, 'None of its calls out passes any more.');
      }}
    >
      <p className="mb-3">
        The kill switch: from the answer on none of the agent’s calls out passes, to models, tools
        or hosts, those under way included. It goes on running and can be called; its machines stay.
      </p>
      <Field label="Reason" hint="It is shown to everybody, and is in the audit log.">
        {(given) => (
          <Input
            {...given}
            value={reason}
            maxLength={500}
            placeholder="runs up costs since the last deployment"
            onChange={(event) => setReason(event.target.value)}
          />
        )}
      </Field>
    </Confirm>
  );
}

function Resume({ agent, close }: ActProps) {
  const queries = useQueryClient();
  return (
    <Confirm
      open
      onOpenChange={closing(close)}
      title={`Resume ${agent.name}?`}
      action="Resume"
      onConfirm={async () => {
        await resumeAgent(agent.name);
        await queries.invalidateQueries({ queryKey: ['pauses'] });
        toast(
          `${agent.name} is resumed`,
          'Its calls out pass again, as its egress policy and budgets allow.',
        );
      }}
    >
      Its calls out pass again at once, as far as its egress policy and budgets allow them.
    </Confirm>
  );
}

function Delete({ agent, close }: ActProps) {
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  return (
    <Confirm
      open
      onOpenChange={closing(close)}
      title={`Delete ${agent.name}?`}
      action="Delete"
      danger
      ready={typed === agent.name}
      onConfirm={async () => {
        await deleteAgent(agent.name);
        toast(
          `${agent.name} is being deleted`,
          'Its machines finish their calls, then it is gone.',
        );
        await navigate({ to: '/agents' });
      }}
    >
      <p className="mb-3">
        Its machines finish the calls they have and stop; then the agent is gone with its revisions
        and logs. The audit log keeps what it did.
      </p>
      <Field label="Type its name to be sure" hint={<HostileText text={agent.name} />}>
        {(given) => (
          <Input
            {...given}
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
      </Field>
    </Confirm>
  );
}
