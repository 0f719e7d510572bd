// biome-ignore-all lint/a11y/useSemanticElements: a tree has no element of its own
import { useCallback, useMemo, useRef, useState } from 'react';
import { JsonLine } from './json-line.tsx';
import {
  firstOpened,
  type JsonDocument,
  type JsonRow,
  jsonRows,
  type Opened,
  PAGE_MEMBERS,
  parentOf,
} from './json-rows.ts';

interface JsonViewProps {
  readonly doc: JsonDocument;
  readonly label: string;
}

/**
 * JSON as a tree that is read as far as it is opened. Arrow keys move, right and left open and
 * close.
 */
export function JsonView({ doc, label }: JsonViewProps) {
  const [opened, setOpened] = useState<Opened>(() => firstOpened(doc));
  const [active, setActive] = useState(0);
  const place = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => jsonRows(doc, opened), [doc, opened]);
  const at = Math.min(active, rows.length - 1);
  const toggle = useCallback((row: JsonRow) => setOpened((now) => toggled(now, row)), []);
  const go = (to: number) => {
    setActive(to);
    place.current?.querySelector<HTMLElement>(`[data-line="${to}"]`)?.focus();
  };
  return (
    <div
      ref={place}
      role="tree"
      aria-label={label}
      className="font-mono text-xs leading-5"
      onKeyDown={(event) => {
        const row = rows[at];
        const to = lineAfter(rows, at, event.key);
        if (to !== undefined) go(to);
        else if (row !== undefined && togglesOn(row, event.key)) toggle(row);
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      {rows.map((row, index) => (
        <JsonLine
          key={row.id}
          {...{ row, doc, toggle, index }}
          reachable={index === at}
          onActive={setActive}
        />
      ))}
    </div>
  );
}

function toggled(opened: Opened, row: JsonRow): Opened {
  const next = new Map(opened);
  if (row.type === 'more') next.set(row.container.start, row.shown + PAGE_MEMBERS);
  else if (row.type !== 'value') return opened;
  else if (!next.delete(row.value.start)) next.set(row.value.start, PAGE_MEMBERS);
  return next;
}

function togglesOn(row: JsonRow, key: string): boolean {
  if (key === 'Enter' || key === ' ') return true;
  if (row.type !== 'value') return false;
  return key === (row.open ? 'ArrowLeft' : 'ArrowRight');
}

function lineAfter(rows: readonly JsonRow[], at: number, key: string): number | undefined {
  const row = rows[at];
  const last = rows.length - 1;
  if (key === 'ArrowDown') return Math.min(last, at + 1);
  if (key === 'ArrowUp') return Math.max(0, at - 1);
  if (key === 'Home') return 0;
  if (key === 'End') return last;
  if (key === 'ArrowLeft' && !(row?.type === 'value' && row.open)) return parentOf(rows, at);
  if (key === 'ArrowRight' && row?.type === 'value' && row.open) return Math.min(last, at + 1);
  return undefined;
}
