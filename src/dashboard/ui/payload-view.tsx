import { useMemo, useState } from 'react';
import type { BodyRecord, StoredBody } from '../../contracts/event.ts';
import { Button } from './button.tsx';
import { CopyButton } from './copy-button.tsx';
import { bytes, count } from './figures.tsx';
import { HostileText } from './hostile-text.tsx';
import { JsonView } from './json-view.tsx';
import { base64Bytes, hexHead, type ReadPayload, readPayload } from './payload-kind.ts';
import { StreamView } from './stream-view.tsx';

interface PayloadViewProps {
  /** `Request` */
  readonly title: string;
  /** What the log says of it for ever. */
  readonly record: BodyRecord | undefined;
  /** Undefined: it was not kept. Null: it was and is erased. */
  readonly stored: StoredBody | null | undefined;
  /** Why there is none, when there is none. */
  readonly missing: string;
}

/** The body of a request or response: what it is, how much of it there is, and the body itself. */
export function PayloadView({ title, record, stored, missing }: PayloadViewProps) {
  const read = useMemo(() => (stored ? readPayload(stored) : undefined), [stored]);
  const kind = read?.kind;
  const [asText, setAsText] = useState(false);
  return (
    <section aria-label={title} className="grid min-w-0 grid-cols-1 gap-2">
      <div className="flex min-h-8 flex-wrap items-center gap-x-2">
        <h3 className="font-semibold">{title}</h3>
        <span className="min-w-0 flex-1 text-muted text-xs">
          <Facts record={record} stored={stored} />
        </span>
        {(kind === 'json' || kind === 'events') && (
          <Button
            size="small"
            kind="quiet"
            aria-pressed={asText}
            onClick={() => setAsText(!asText)}
          >
            {asText ? (kind === 'json' ? 'As a tree' : 'As events') : 'As text'}
          </Button>
        )}
        {stored && stored.body !== '' && (
          <CopyButton
            text={stored.body}
            label={`Copy the ${title.toLowerCase()}${stored.encoding === 'base64' ? ' as base64' : ''}`}
          />
        )}
      </div>
      {stored && read !== undefined ? (
        <div className="min-w-0 rounded-md border border-line bg-ground p-2">
          <Body stored={stored} read={asText ? { kind: 'text' } : read} title={title} />
        </div>
      ) : (
        <p className="text-muted">{missing}</p>
      )}
    </section>
  );
}

function Body({
  stored,
  read: { kind, doc },
  title,
}: {
  readonly stored: StoredBody;
  readonly read: ReadPayload;
  readonly title: string;
}) {
  if (kind === 'empty') return <p className="text-muted">Empty</p>;
  if (doc !== undefined) return <JsonView doc={doc} label={`${title} as a tree`} />;
  if (kind === 'events') return <StreamView body={stored.body} />;
  if (kind === 'text') return <HostileText text={stored.body} block />;
  return (
    <>
      <p className="mb-2 text-muted">
        {bytes(base64Bytes(stored.body))} that are no text. The first of them:
      </p>
      <pre className="overflow-x-auto font-mono text-xs leading-5">{hexHead(stored.body)}</pre>
    </>
  );
}

function Facts({
  record,
  stored,
}: {
  readonly record: BodyRecord | undefined;
  readonly stored: StoredBody | null | undefined;
}) {
  const type = record?.contentType ?? stored?.contentType;
  const facts = [
    record === undefined ? undefined : bytes(record.bytes),
    record?.truncated || stored?.truncated ? 'kept in part' : undefined,
    record?.redactions === undefined || record.redactions === 0
      ? undefined
      : `${count(record.redactions)} redacted`,
  ].filter((fact) => fact !== undefined);
  return (
    <>
      {facts.join(' · ')}
      {type !== undefined && (
        <>
          {facts.length > 0 && ' · '}
          <HostileText text={type} max={80} />
        </>
      )}
      {record?.sha256 !== undefined && (
        <code className="block break-all">SHA-256 {record.sha256}</code>
      )}
    </>
  );
}
