import { Send, Square } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { AgentResource } from '../../../../contracts/resources.ts';
import { Button } from '../../../ui/button.tsx';
import { Card } from '../../../ui/card.tsx';
import { Field, Input, Textarea } from '../../../ui/field.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { ActButton } from '../act-button.tsx';
import { eventData, saidIn } from './answer-text.ts';
import { AnswerFacts } from './answer-view.tsx';
import { readForm } from './call-request.ts';
import { FillFromNewest } from './fill-from-newest.tsx';
import { textField } from './form-of-call.ts';
import { type Answer, useCall } from './use-call.ts';

interface Exchange {
  readonly message: string;
  readonly answer: Answer;
}

/** Older ones are left out. */
const MAX_EXCHANGES = 100;
const SHOWN_CHARACTERS = 20_000;

/** Posts `{"message": …}` and shows what is said in the answer. */
export function ChatPanel({ agent }: { readonly agent: AgentResource }) {
  const [path, setPath] = useState('/');
  const [field, setField] = useState('message');
  const [text, setText] = useState('');
  const [sent, setSent] = useState<string>();
  const [fault, setFault] = useState<string>();
  const [past, setPast] = useState<readonly Exchange[]>([]);
  const { answer, busy, call, abort } = useCall(agent.name);
  const end = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever more was said
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'nearest' });
  }, [answer?.text, past.length]);
  const send = async () => {
    const message = text.trim();
    if (message === '' || busy) return;
    const body = JSON.stringify({ [field]: message });
    const read = readForm({ method: 'POST', path, headers: '', body });
    setFault(read.ok ? undefined : read.faults.path);
    if (!read.ok) return;
    setText('');
    setSent(message);
    const done = await call(read.call);
    setPast((before) => [...before, { message, answer: done }].slice(-MAX_EXCHANGES));
    setSent(undefined);
  };
  return (
    <Card
      title="Chat"
      actions={
        <FillFromNewest
          agent={agent.name}
          fill={(form) => {
            setPath(form.path);
            setField(textField(form.body) ?? field);
          }}
        />
      }
    >
      <ChatTarget {...{ path, setPath, field, setField, fault }} />
      <div className="grid max-h-[50dvh] min-h-32 content-start gap-4 overflow-y-auto rounded-md border border-line bg-ground p-3">
        {past.length === 0 && sent === undefined && (
          <p className="py-8 text-center text-muted">Say something to it.</p>
        )}
        {past.map((exchange) => (
          <Said key={exchange.answer.startedAtMs} {...exchange} />
        ))}
        {sent !== undefined && answer !== undefined && <Said message={sent} answer={answer} />}
        <div ref={end} />
      </div>
      <form
        className="mt-3 flex items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Textarea
          aria-label="Message"
          rows={2}
          className="font-sans text-sm"
          placeholder="Message; Enter sends"
          value={text}
          maxLength={100_000}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            void send();
          }}
        />
        {busy ? (
          <Button onClick={abort}>
            <Square aria-hidden /> Abort
          </Button>
        ) : (
          <ActButton needs="invoke" kind="primary" type="submit">
            <Send aria-hidden /> Send
          </ActButton>
        )}
      </form>
    </Card>
  );
}

interface TargetProps {
  readonly path: string;
  readonly setPath: (path: string) => void;
  readonly field: string;
  readonly setField: (field: string) => void;
  readonly fault: string | undefined;
}

function ChatTarget({ path, setPath, field, setField, fault }: TargetProps) {
  return (
    <div className="mb-3 grid max-w-lg grid-cols-2 gap-3">
      <Field label="Path" hint="Each message is posted there." error={fault}>
        {(given) => (
          <Input
            {...given}
            className="font-mono text-xs"
            value={path}
            maxLength={4_000}
            spellCheck={false}
            onChange={(event) => setPath(event.target.value)}
          />
        )}
      </Field>
      <Field label="Field" hint="Of the JSON that carries it.">
        {(given) => (
          <Input
            {...given}
            className="font-mono text-xs"
            value={field}
            maxLength={100}
            spellCheck={false}
            onChange={(event) => setField(event.target.value)}
          />
        )}
      </Field>
    </div>
  );
}

function Said({ message, answer }: Exchange) {
  const streamed = answer.headers?.some(
    ([name, value]) => name === 'content-type' && value.startsWith('text/event-stream'),
  );
  const text = streamed ? eventData(answer.text) : answer.text;
  return (
    <div className="grid min-w-0 gap-2">
      <div className="ml-auto max-w-[85%] rounded-lg bg-accent-soft px-3 py-2">
        <HostileText text={message} block className="font-sans text-sm" />
      </div>
      <div className="max-w-[85%] rounded-lg border border-line bg-surface px-3 py-2">
        <HostileText
          text={answer.error ?? (streamed ? text : saidIn(text)) ?? ''}
          block
          max={SHOWN_CHARACTERS}
          className="font-sans text-sm"
        />
        <div className="mt-1">
          <AnswerFacts answer={answer} />
        </div>
      </div>
    </div>
  );
}
