import { Fragment, type ReactNode } from 'react';
import { classes } from './classes.ts';
import { type Piece, splitHostile } from './split-hostile.ts';

const INLINE_MAX = 300;
const BLOCK_MAX = 200_000;

interface HostileTextProps {
  readonly text: string;
  /** Line breaks and tabs are kept; more of it is shown. */
  readonly block?: boolean;
  readonly className?: string;
  /** Characters that are shown; default 300, and 200,000 as a block. */
  readonly max?: number;
}

/**
 * Anything that an agent, its caller or a host wrote: as text and nothing else. Control,
 * bidirectional and invisible characters are named where they stand, and what is written from right
 * to left turns nothing around it.
 */
export function HostileText({ text, block, className, max }: HostileTextProps) {
  const limit = max ?? (block ? BLOCK_MAX : INLINE_MAX);
  const { pieces, left } = splitHostile(text, { max: limit, lines: block === true });
  const Tag = block ? 'pre' : 'bdi';
  return (
    <Tag
      className={classes(
        block
          ? 'isolate overflow-x-auto whitespace-pre-wrap break-words font-mono text-xs leading-5'
          : 'isolate break-words',
        className,
      )}
      dir={block ? 'ltr' : undefined}
    >
      {pieces.map(shown)}
      {left > 0 && (
        <span className="text-muted">
          {block ? `\n… ${left.toLocaleString()} more characters` : '…'}
        </span>
      )}
    </Tag>
  );
}

function shown(piece: Piece, index: number): ReactNode {
  if (typeof piece === 'string') return <Fragment key={index}>{piece}</Fragment>;
  return (
    <span
      key={index}
      className="rounded-sm bg-warn-soft px-0.5 font-mono text-[0.85em] text-warn"
      title={piece.name}
    >
      {piece.name}
    </span>
  );
}
