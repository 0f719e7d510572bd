import { memo } from 'react';
import { AnsiText } from '../../../ui/ansi-text.tsx';
import { classes } from '../../../ui/classes.ts';
import { bytes } from '../../../ui/figures.tsx';
import type { LogLine } from './log-buffer.ts';

/** Of one line in the list; the whole one is a dialog away. */
const SHOWN_CHARACTERS = 16 * 1024;

const EDGES = {
  stdout: 'border-transparent',
  stderr: 'border-bad',
  system: 'border-info',
} as const;
const NAMES = { stdout: '', stderr: 'err', system: 'sys' } as const;

interface LogRowProps {
  readonly line: LogLine;
  readonly find: string;
  readonly wrap: boolean;
  readonly onOpen: (line: LogLine) => void;
}

export const LogRow = memo(function LogRow({ line, find, wrap, onOpen }: LogRowProps) {
  const first = line.pieces[0] ?? '';
  const text =
    first.length < SHOWN_CHARACTERS && line.pieces.length > 1
      ? line.pieces.slice(0, 4).join('').slice(0, SHOWN_CHARACTERS)
      : first;
  const long = line.characters > SHOWN_CHARACTERS || line.lost > 0;
  return (
    <div className={classes('flex gap-2 border-l-2 px-2 hover:bg-raised', EDGES[line.stream])}>
      <time
        dateTime={line.time}
        title={`${line.time} · replica ${line.replica} · revision ${line.revision} · ${line.stream}`}
        className="shrink-0 select-none text-muted tabular-nums"
      >
        {clock(line.time)}
        <span className="hidden sm:inline">{fraction(line.time)}</span>
      </time>
      <span className="hidden w-8 shrink-0 select-none text-muted sm:inline">
        r{line.replica}
        <span className="sr-only"> replica</span>
      </span>
      <span className="hidden w-7 shrink-0 select-none sm:inline text-muted">
        {NAMES[line.stream]}
      </span>
      <span
        className={classes(
          'min-w-0',
          wrap ? 'whitespace-pre-wrap break-all' : 'max-h-5 overflow-y-hidden whitespace-pre',
        )}
      >
        <AnsiText text={text} max={SHOWN_CHARACTERS} find={find} />
      </span>
      {long && (
        <button
          type="button"
          onClick={() => onOpen(line)}
          className="sticky right-2 shrink-0 self-start rounded bg-accent-soft px-1.5 text-accent"
        >
          whole line, {bytes(line.characters)}
        </button>
      )}
    </div>
  );
});

/** In the viewer’s zone. */
function clock(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '--:--:--';
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function fraction(time: string): string {
  const ms = new Date(time).getMilliseconds();
  return Number.isNaN(ms) ? '' : `.${String(ms).padStart(3, '0')}`;
}
