import { useQuery } from '@tanstack/react-query';
import { Pin, TriangleAlert } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { parseKey } from '../../audit-proof/verifier-key.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CommandText } from '../../ui/command-text.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Field, Textarea } from '../../ui/field.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Time } from '../../ui/time.tsx';
import { toast } from '../../ui/toast.tsx';
import { forgetKey, type PinnedKey, pinKey, usePinnedKey } from './pinned-key.ts';

/** The key that checkpoints are verified with, and whether it is the one that was pinned. */
export function KeyCard({ serverKey }: { readonly serverKey: string }) {
  const pinned = usePinnedKey();
  const [pasting, setPasting] = useState(false);
  const [forgetting, setForgetting] = useState(false);
  const differs = pinned !== undefined && serverKey !== '' && pinned.text !== serverKey;
  const pinServers = () => {
    pinKey(serverKey);
    toast('The key is pinned in this browser');
  };
  const state = { pinned, differs };
  return (
    <Card title="Public key" actions={<PinBadge {...state} />}>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        {differs && <Differs serverKey={serverKey} />}
        <KeyFacts serverKey={serverKey} {...state} />
        {pinned === undefined && (
          <p className="text-muted">
            Compare the fingerprint with a colleague, or with what <code>swarm audit key</code>{' '}
            prints on swarmd’s machine; then pin it. From then on this browser notices another key,
            and a log that was changed or cut off.
          </p>
        )}
        <div className="flex flex-wrap items-center gap-2">
          {pinned === undefined && (
            <Button kind="primary" disabled={serverKey === ''} onClick={pinServers}>
              <Pin aria-hidden /> Pin this key
            </Button>
          )}
          <Button onClick={() => setPasting(true)}>Pin one that I paste…</Button>
          {pinned !== undefined && (
            <Button kind="quiet" onClick={() => setForgetting(true)}>
              Forget the pin…
            </Button>
          )}
        </div>
        <div className="min-w-0">
          <CommandText command="swarm audit key --to swarm.key" />
        </div>
      </div>
      <PasteKey open={pasting} onOpenChange={setPasting} />
      <Confirm
        open={forgetting}
        onOpenChange={setForgetting}
        title="Forget the pinned key?"
        action="Forget it"
        danger
        onConfirm={async () => forgetKey()}
      >
        This browser also forgets the checkpoints that it verified with it, and can no longer tell
        this log from another one until a key is pinned again.
      </Confirm>
    </Card>
  );
}

function PinBadge({ pinned, differs }: { pinned: PinnedKey | undefined; differs: boolean }) {
  if (differs) return <Badge tone="bad">not the pinned one</Badge>;
  return pinned === undefined ? (
    <Badge tone="warn">not pinned</Badge>
  ) : (
    <Badge tone="good">pinned</Badge>
  );
}

function Differs({ serverKey }: { readonly serverKey: string }) {
  return (
    <div
      role="alert"
      className="flex items-start gap-3 rounded-lg border border-bad/50 bg-bad-soft p-3"
    >
      <TriangleAlert className="mt-0.5 size-5 shrink-0 text-bad" aria-hidden />
      <div className="grid min-w-0 gap-1">
        <p className="font-medium text-bad">
          The server’s key is not the one that is pinned in this browser.
        </p>
        <p className="text-muted">
          Either this is another swarmd, or the log was begun anew, or it was replaced. Ask whoever
          operates it before you pin the new key.
        </p>
        <code className="break-all text-xs">
          <HostileText text={serverKey} />
        </code>
      </div>
    </div>
  );
}

function KeyFacts(props: { serverKey: string; pinned: PinnedKey | undefined; differs: boolean }) {
  const { serverKey, pinned } = props;
  const text = pinned?.text ?? serverKey;
  const parsed = useQuery({
    queryKey: ['parsed-key', text],
    queryFn: () => parseKey(text),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (text === '') return <p className="text-muted">The log has no key yet.</p>;
  const print = parsed.data?.fingerprint.match(/.{8}/g)?.join(' ');
  const why = parsed.error?.message ?? '…';
  return (
    <Facts
      items={[
        {
          label: 'Fingerprint',
          value: <code className="text-xs">{print === undefined ? why : `SHA-256 ${print}`}</code>,
        },
        {
          label: 'Key',
          value: (
            <span className="flex items-start gap-1">
              <code className="min-w-0 break-all pt-1 text-xs">
                <HostileText text={text} />
              </code>
              <CopyButton text={text} label="Copy the key" />
            </span>
          ),
        },
        ...(pinned === undefined
          ? []
          : [{ label: 'Pinned', value: <Time at={pinned.pinnedAt} relative /> }]),
      ]}
    />
  );
}

function PasteKey(props: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const [text, setText] = useState('');
  const [error, setError] = useState<string>();
  const pin = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const key = await parseKey(text);
      pinKey(key.text);
      setText('');
      toast('The key is pinned in this browser', key.name);
      props.onOpenChange(false);
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown.message : String(thrown));
    }
  };
  return (
    <Dialog
      {...props}
      title="Pin a public key"
      description="As “swarm audit key” printed it, from somewhere that this server cannot change."
    >
      <form onSubmit={(event) => void pin(event)} className="grid gap-4">
        <Field label="Public key" error={error}>
          {(field) => (
            <Textarea
              {...field}
              rows={3}
              value={text}
              maxLength={300}
              autoComplete="off"
              spellCheck={false}
              onChange={({ target }) => {
                setText(target.value);
                setError(undefined);
              }}
            />
          )}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={() => props.onOpenChange(false)}>Cancel</Button>
          <Button type="submit" kind="primary" disabled={text.trim() === ''}>
            Pin it
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
