import { useNavigate } from '@tanstack/react-router';
import { Download, ShieldCheck } from 'lucide-react';
import { type FormEvent, useEffect, useEffectEvent, useState } from 'react';
import type { AuditStatus } from '../../../contracts/audit-status.ts';
import type { EventResource } from '../../../contracts/event.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CommandText } from '../../ui/command-text.tsx';
import { EventLink } from '../../ui/event-link.tsx';
import { Field, Input } from '../../ui/field.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { safeFileName, saveFile } from '../../ui/save-file.ts';
import { Failure } from '../../ui/states.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { Time } from '../../ui/time.tsx';
import { type KeyChoice, KeyChooser, keyOf } from './key-chooser.tsx';
import { usePinnedKey } from './pinned-key.ts';
import type { VerificationResult } from './run-verification.ts';
import { StepList, VerdictLine } from './step-list.tsx';
import { type Progress, useVerification } from './use-verification.ts';

interface VerifyCardProps {
  readonly status: AuditStatus;
  /** From the address; checked at once. */
  readonly eventId: string | undefined;
}

/** Checks an event, or the log as a whole, with this browser’s own hands. */
export function VerifyCard({ status, eventId }: VerifyCardProps) {
  const navigate = useNavigate();
  const pinned = usePinnedKey();
  const [choice, setChoice] = useState<KeyChoice>({ from: 'pinned', pasted: '', older: '' });
  const [id, setId] = useState(eventId ?? '');
  const key = keyOf(choice, { pinned: pinned?.text, server: status.key });
  const { workspace } = status;
  const { older } = choice;
  const { progress, busy, run } = useVerification({ key, workspace, older });
  const arrived = useEffectEvent((asked: string) => {
    setId(asked);
    run(asked);
  });
  useEffect(() => {
    if (eventId !== undefined) arrived(eventId);
  }, [eventId]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const asked = id.trim();
    if (asked === '') return;
    if (asked === eventId) run(asked);
    else void navigate({ to: '/audit', search: { event: asked }, replace: true });
  };
  return (
    <Card title="Verify in this browser">
      <p className="mb-4 max-w-prose text-muted">
        The page fetches the event, its proof and a signed checkpoint, and checks signature, hashes
        and path itself. That somebody looked is recorded in the log, too.
      </p>
      <form
        onSubmit={submit}
        className="grid items-end gap-3 md:grid-cols-[minmax(0,1fr)_auto_auto]"
      >
        <Field label="Event id">
          {(field) => (
            <Input
              {...field}
              data-page-search
              value={id}
              onChange={({ target }) => setId(target.value)}
              placeholder="evt_…"
              maxLength={200}
              autoComplete="off"
              spellCheck={false}
              className="font-mono"
            />
          )}
        </Field>
        <Button
          type="submit"
          kind="primary"
          busy={busy && progress?.of === 'event'}
          disabled={!id.trim()}
        >
          <ShieldCheck aria-hidden /> Verify event
        </Button>
        <Button busy={busy && progress?.of === 'log'} onClick={() => run(undefined)}>
          Check the newest checkpoint
        </Button>
      </form>
      <KeyChooser choice={choice} onChange={setChoice} hasPinned={pinned !== undefined} />
      {progress !== undefined && <Outcome progress={progress} keyText={key.text} />}
    </Card>
  );
}

function Outcome({ progress, keyText }: { progress: Progress; keyText: string }) {
  const { result, error, steps, of } = progress;
  return (
    <>
      <div aria-live="polite" className="mt-4 grid grid-cols-[minmax(0,1fr)] gap-4">
        {result && <VerdictLine {...result} of={of} />}
        {result?.event && <VerifiedEvent event={result.event} />}
        {error !== undefined && <Failure error={error} />}
        <StepList steps={steps} />
      </div>
      {result && <Offline result={result} keyText={keyText} of={of} />}
    </>
  );
}

function VerifiedEvent({ event }: { readonly event: EventResource }) {
  const { kind, agent, status, actor, time } = event;
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <EventLink event={event} className="font-mono text-accent text-xs underline">
        <HostileText text={kind} max={100} />
      </EventLink>
      <StatusBadge status={status} />
      {agent !== undefined && <HostileText text={agent} max={100} />}
      <span className="text-muted">
        by <HostileText text={actor.name} max={100} />, <Time at={time} />
      </span>
    </p>
  );
}

function Offline({
  result,
  keyText,
  of,
}: {
  readonly result: VerificationResult;
  readonly keyText: string;
  readonly of: 'event' | 'log';
}) {
  const { name, text } = result.file;
  const file = safeFileName(name);
  // A key that a server made up is no text for a shell.
  const given = /^[A-Za-z0-9+/=-]+$/.test(keyText) ? keyText : 'KEY';
  const command =
    of === 'event'
      ? `swarm audit verify ${file} --key '${given}'`
      : `swarm audit verify --key '${given}' --checkpoint ${file}`;
  return (
    <div className="mt-4 grid grid-cols-[minmax(0,1fr)] gap-2 border-line border-t pt-4">
      <h3 className="font-medium">Check it elsewhere</h3>
      <p className="max-w-prose text-muted">
        {of === 'event'
          ? 'The proof holds the event, its path and the checkpoint. The verifier needs no swarmd and shares no code with it or with this page.'
          : 'Keep the checkpoint on another machine: nothing below it can be changed unseen. On swarmd’s machine the whole log is checked against it with:'}
      </p>
      <div className="flex min-w-0 flex-wrap items-center gap-2">
        <Button onClick={() => saveFile(text, { name: file })}>
          <Download aria-hidden /> Download the {of === 'event' ? 'proof' : 'checkpoint'}
        </Button>
        <CommandText command={command} />
      </div>
    </div>
  );
}
