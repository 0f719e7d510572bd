import { useMemo, useState } from 'react';
import { Button } from './button.tsx';
import { HostileText } from './hostile-text.tsx';
import { isContainer, jsonDocument } from './json-rows.ts';
import { JsonView } from './json-view.tsx';
import { type StreamEvent, streamEvents } from './stream-events.ts';
import { streamText } from './stream-text.ts';

const PAGE_EVENTS = 100;
const MAX_DATA = 240;
/** Of so many events the text is put together. */
const TEXT_EVENTS = 5_000;
const MAX_TEXT = 20_000;

/** A stream as the events that it was made of. */
export function StreamView({ body }: { readonly body: string }) {
  const [max, setMax] = useState(PAGE_EVENTS);
  const { events, more } = useMemo(() => streamEvents(body, max), [body, max]);
  const whole = useMemo(() => streamEvents(body, TEXT_EVENTS), [body]);
  const text = useMemo(() => streamText(whole.events), [whole]);
  if (events.length === 0) return <HostileText text={body} block />;
  return (
    <>
      {text !== '' && (
        <div className="mb-2 rounded bg-surface p-2">
          <p className="mb-1 text-muted text-xs">
            What it says, put together{whole.more && ` from the first ${TEXT_EVENTS} events`}
          </p>
          <HostileText text={text} block max={MAX_TEXT} />
        </div>
      )}
      <ol className="grid gap-0.5">
        {events.map((event) => (
          <Line key={event.number} event={event} />
        ))}
      </ol>
      {more && (
        <Button size="small" className="mt-2" onClick={() => setMax(max + PAGE_EVENTS)}>
          {PAGE_EVENTS} more
        </Button>
      )}
    </>
  );
}

function Line({ event }: { readonly event: StreamEvent }) {
  const [open, setOpen] = useState(false);
  const { number, name, id, data } = event;
  return (
    <li className="min-w-0 font-mono text-xs">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex w-full min-w-0 items-baseline gap-2 rounded-sm px-1 text-left leading-5 hover:bg-raised"
      >
        <span className="w-8 shrink-0 text-right text-muted tabular-nums">{number}</span>
        {name !== undefined && (
          <span className="shrink-0 text-accent">
            <HostileText text={name} max={60} />
          </span>
        )}
        <span className="min-w-0 truncate">
          <HostileText text={data} max={MAX_DATA} />
        </span>
      </button>
      {open && (
        <div className="my-1 ml-10 rounded bg-surface p-2">
          {id !== undefined && (
            <p className="text-muted">
              id <HostileText text={id} max={200} />
            </p>
          )}
          <Data data={data} number={number} />
        </div>
      )}
    </li>
  );
}

function Data({ data, number }: { readonly data: string; readonly number: number }) {
  const doc = useMemo(() => jsonDocument(data), [data]);
  return doc !== undefined && isContainer(doc.root) ? (
    <JsonView doc={doc} label={`Event ${number} as a tree`} />
  ) : (
    <HostileText text={data} block />
  );
}
