import type { ReactNode } from 'react';
import { classes } from './classes.ts';
import { literalPattern, type MarkedSegment, markSegments, matchRanges } from './match-ranges.ts';
import { type AnsiStyle, parseAnsi } from './parse-ansi.ts';
import { splitHostile } from './split-hostile.ts';

/** The page’s own colours: readable in both themes, whatever a program asks for. */
const COLOURS = [
  'text-muted',
  'text-bad',
  'text-good',
  'text-warn',
  'text-info',
  'text-fuchsia-800 dark:text-fuchsia-300',
  'text-accent',
  'text-ink',
] as const;
const BACKGROUNDS = [
  'bg-raised text-ink',
  'bg-bad-soft text-bad',
  'bg-good-soft text-good',
  'bg-warn-soft text-warn',
  'bg-info-soft text-info',
  'bg-raised text-fuchsia-800 dark:text-fuchsia-300',
  'bg-accent-soft text-accent',
  'bg-raised text-ink',
] as const;
/** A line of nothing but colours or controls is cut here, so that no row holds a page up. */
const MAX_PIECES = 400;

interface AnsiTextProps {
  readonly text: string;
  /** Characters that are shown. */
  readonly max: number;
  /** Marked wherever it stands, in either case. */
  readonly find?: string;
}

/** A line that was written for a terminal: its colours, and otherwise text and nothing else. */
export function AnsiText({ text, max, find = '' }: AnsiTextProps) {
  const cut = text.length > max ? text.slice(0, max) : text;
  const segments = parseAnsi(cut);
  const pattern = literalPattern(find);
  const plain = pattern && segments.map((segment) => segment.text).join('');
  const marked = markSegments(segments, plain === undefined ? [] : matchRanges(plain, pattern));
  const nodes: ReactNode[] = [];
  let cutShort = text.length > max;
  for (const segment of marked) {
    if (nodes.length >= MAX_PIECES) {
      cutShort = true;
      break;
    }
    nodes.push(<Segment key={nodes.length} segment={segment} />);
  }
  return (
    <bdi dir="ltr" className="isolate">
      {nodes}
      {cutShort && <span className="text-muted"> …</span>}
    </bdi>
  );
}

function Segment({ segment }: { readonly segment: MarkedSegment }) {
  const Tag = segment.found ? 'mark' : 'span';
  const found = segment.found && 'rounded-sm bg-amber-300 text-black';
  const look = classes(styleClass(segment.style), found);
  const { pieces } = splitHostile(segment.text, { max: segment.text.length, lines: false });
  let shown = 0;
  return (
    <Tag className={look === '' ? undefined : look}>
      {pieces.map((piece, index) => {
        if (typeof piece === 'string') return piece;
        if (piece.name === '\\t') return '\t';
        if (++shown > MAX_PIECES) return null;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text keep their places
          <span key={index} className="rounded-sm bg-warn-soft px-0.5 text-[0.85em] text-warn">
            {piece.name}
          </span>
        );
      })}
    </Tag>
  );
}

function styleClass(style: AnsiStyle): string {
  return classes(
    style.dim && 'text-muted',
    style.colour !== undefined && COLOURS[style.colour],
    style.background !== undefined && BACKGROUNDS[style.background],
    style.bold && 'font-semibold',
    style.italic && 'italic',
    style.underline && 'underline',
    style.struck && 'line-through',
  );
}
