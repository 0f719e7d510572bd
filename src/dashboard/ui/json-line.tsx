import { ChevronDown, ChevronRight } from 'lucide-react';
import { memo, type ReactNode } from 'react';
import { classes } from './classes.ts';
import { HostileText } from './hostile-text.tsx';
import { type JsonValue, stringText } from './json-reader.ts';
import { isContainer, type JsonDocument, type JsonRow, MAX_ROWS } from './json-rows.ts';

/** Deeper ones stand where these do, with their depth in figures. */
const MAX_INDENT = 14;
const INDENT_REM = 0.9;
const MAX_KEY = 120;
/** A string that is longer, or has line breaks, can be opened. */
const INLINE_STRING = 160;
const FULL_STRING = 100_000;
const MAX_NUMBER = 120;

interface JsonLineProps {
  readonly row: JsonRow;
  readonly doc: JsonDocument;
  readonly index: number;
  readonly reachable: boolean;
  readonly toggle: (row: JsonRow) => void;
  readonly onActive: (index: number) => void;
}

/** A line of the tree. Keys and values are what somebody else wrote. */
export const JsonLine = memo(function JsonLine(props: JsonLineProps) {
  const { row, doc, index, reachable, toggle, onActive } = props;
  const canOpen = row.type === 'more' || (row.type === 'value' && isOpenable(doc.text, row.value));
  const open = row.type === 'value' && row.open;
  const Chevron = open ? ChevronDown : ChevronRight;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree around it listens to the keys
    <div
      role="treeitem"
      aria-level={row.depth + 1}
      aria-expanded={canOpen && row.type === 'value' ? open : undefined}
      tabIndex={reachable ? 0 : -1}
      data-line={index}
      onFocus={() => onActive(index)}
      onClick={(event) => {
        event.currentTarget.focus();
        // Who marks text does not mean to open it.
        if (canOpen && getSelection()?.isCollapsed !== false) toggle(row);
      }}
      className={classes(
        'flex min-w-0 items-start gap-1 rounded-sm hover:bg-raised focus-visible:-outline-offset-2',
        canOpen && 'cursor-pointer',
      )}
      style={{ paddingInlineStart: `${Math.min(row.depth, MAX_INDENT) * INDENT_REM}rem` }}
    >
      <span className="mt-0.5 size-4 shrink-0 text-muted" aria-hidden>
        {canOpen && <Chevron className="size-4" />}
      </span>
      <span className="min-w-0 flex-1 break-words">
        {row.depth > MAX_INDENT && <span className="mr-1 text-muted">({row.depth})</span>}
        <LineContent row={row} doc={doc} />
      </span>
    </div>
  );
});

function LineContent({ row, doc }: { readonly row: JsonRow; readonly doc: JsonDocument }) {
  const { text } = doc;
  if (row.type === 'more')
    return <span className="text-accent">more, behind the first {row.shown}</span>;
  if (row.type === 'full')
    return <span className="text-warn">{MAX_ROWS} lines are shown: close some to see others</span>;
  if (row.type === 'broken')
    return (
      <span className="text-warn">
        {row.at >= text.length ? 'the text ends here' : 'from here on it is no JSON: '}
        <HostileText text={text.slice(row.at, row.at + INLINE_STRING)} />
      </span>
    );
  return (
    <>
      <LineKey row={row} text={text} />
      <Shown value={row.value} open={row.open} doc={doc} />
    </>
  );
}

function LineKey({
  row,
  text,
}: {
  readonly row: Extract<JsonRow, { type: 'value' }>;
  readonly text: string;
}): ReactNode {
  if (row.key !== undefined)
    return (
      <span className="text-accent">
        <HostileText text={stringText(text, row.key, MAX_KEY + 1).text} max={MAX_KEY} />
        <span className="text-muted">: </span>
      </span>
    );
  return row.index === undefined ? null : <span className="text-muted">{row.index}: </span>;
}

function Shown({
  value,
  open,
  doc,
}: {
  readonly value: JsonValue;
  readonly open: boolean;
  readonly doc: JsonDocument;
}) {
  if (isContainer(value)) return <Container value={value} open={open} doc={doc} />;
  if (value.kind !== 'string')
    return (
      <span className={value.kind === 'number' ? 'text-info' : 'text-warn'}>
        <HostileText text={doc.text.slice(value.start, value.end)} max={MAX_NUMBER} />
      </span>
    );
  const max = open ? FULL_STRING : INLINE_STRING;
  const { text, left } = stringText(doc.text, value, max);
  if (open)
    return (
      <>
        <HostileText text={text} block max={FULL_STRING} className="rounded bg-raised p-2" />
        <Left count={left} cut={value.cut} />
      </>
    );
  return (
    <>
      <HostileText text={text} />
      <Left count={left} cut={value.cut} />
    </>
  );
}

function Left({ count, cut }: { readonly count: number; readonly cut: boolean }) {
  if (count === 0 && !cut) return null;
  return (
    <span className="text-muted">
      {count > 0 && ` … ${count.toLocaleString('en')} more characters`}
      {cut && ' (cut off here)'}
    </span>
  );
}

function Container({
  value,
  open,
  doc,
}: {
  readonly value: JsonValue;
  readonly open: boolean;
  readonly doc: JsonDocument;
}) {
  const [before, after] = value.kind === 'object' ? ['{', '}'] : ['[', ']'];
  const { members } = doc.members(value, 1);
  if (members.length === 0) return <span className="text-muted">{before + after}</span>;
  if (open) return <span className="text-muted">{before}</span>;
  const size = value.end - value.start;
  return (
    <span className="text-muted">
      {before} … {after} {size.toLocaleString('en')} characters
      {value.cut && ', cut off'}
    </span>
  );
}

function isOpenable(text: string, value: JsonValue): boolean {
  if (isContainer(value)) return value.end - value.start > 2;
  if (value.kind !== 'string') return false;
  const shown = text.slice(value.start, Math.min(value.end, value.start + INLINE_STRING + 2));
  return value.end - value.start - 2 > INLINE_STRING || shown.includes('\\n');
}
