// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by hand cannot be a table’s
// biome-ignore-all lint/a11y/useFocusableInteractive: the row takes the focus, not its cells
import { ChevronDown, ChevronRight } from 'lucide-react';
import { memo } from 'react';
import type { EventTokens } from '../../../contracts/event.ts';
import { Badge } from '../../ui/badge.tsx';
import { classes } from '../../ui/classes.ts';
import { count, Money, milliseconds } from '../../ui/figures.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import type { RunColumn } from './run-columns.ts';
import type { RunStep } from './run-steps.ts';
import { StepLabel, stepRole } from './step-label.tsx';
import type { Bar } from './waterfall.ts';

export const STEP_ROW_PX = 36;
/** Deeper steps stand where these do, with their depth in figures. */
const MAX_INDENT = 12;
const INDENT_REM = 1;

interface RunRowProps {
  readonly step: RunStep;
  readonly columns: readonly RunColumn[];
  /** Its number among those that are shown. */
  readonly index: number;
  readonly topPx: number;
  readonly left: number;
  readonly width: number;
  readonly folded: boolean;
  readonly selected: boolean;
  readonly reachable: boolean;
  readonly onOpen: (index: number) => void;
  readonly onFold: (index: number) => void;
}

export const RunRow = memo(function RunRow(props: RunRowProps) {
  const { step, columns, index, folded, selected, reachable, onOpen, onFold } = props;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it listens to the keys
    <div
      role="row"
      aria-level={step.depth + 1}
      aria-expanded={step.below > 0 ? !folded : undefined}
      aria-selected={selected}
      aria-rowindex={index + 2}
      data-step={index}
      tabIndex={reachable ? 0 : -1}
      onClick={() => onOpen(index)}
      className={classes(
        'absolute inset-x-0 top-0 grid cursor-pointer contain-content items-center gap-x-3 border-line/60 border-b px-3 [grid-template-columns:var(--tracks)] hover:bg-raised focus-visible:-outline-offset-2',
        selected && 'bg-accent-soft hover:bg-accent-soft',
      )}
      style={{ height: STEP_ROW_PX, transform: `translateY(${props.topPx}px)` }}
    >
      {columns.map((column) => (
        <div
          key={column.id}
          role="gridcell"
          className={classes(
            'min-w-0 overflow-hidden text-ellipsis whitespace-nowrap',
            column.align === 'right' && 'text-right tabular-nums',
          )}
        >
          {column.id === 'step' ? (
            <StepCell step={step} folded={folded} onFold={() => onFold(index)} />
          ) : column.id === 'bar' ? (
            <BarCell step={step} left={props.left} width={props.width} />
          ) : (
            <PlainCell step={step} id={column.id} />
          )}
        </div>
      ))}
    </div>
  );
});

function StepCell({
  step,
  folded,
  onFold,
}: {
  readonly step: RunStep;
  readonly folded: boolean;
  readonly onFold: () => void;
}) {
  const Chevron = folded ? ChevronRight : ChevronDown;
  return (
    <span
      className="flex min-w-0 items-center"
      style={{ paddingInlineStart: `${Math.min(step.depth, MAX_INDENT) * INDENT_REM}rem` }}
    >
      {step.depth > MAX_INDENT && <span className="mr-1 text-muted">({step.depth})</span>}
      {step.below > 0 ? (
        <button
          type="button"
          tabIndex={-1}
          aria-label={folded ? `Unfold ${step.below} steps` : `Fold ${step.below} steps`}
          className="mr-1 shrink-0 rounded text-muted hover:bg-raised"
          onClick={(event) => {
            event.stopPropagation();
            onFold();
          }}
        >
          <Chevron className="size-4" aria-hidden />
        </button>
      ) : (
        <span className="mr-1 w-4 shrink-0" />
      )}
      <span className="min-w-0 truncate">
        <StepLabel event={step.event} />
      </span>
      {step.uncertain && (
        <Badge
          tone="warn"
          className="ml-2 shrink-0"
          title="Other runs of this machine were in flight: one of them may have caused it."
        >
          perhaps
        </Badge>
      )}
    </span>
  );
}

function PlainCell({ step: { event }, id }: { readonly step: RunStep; readonly id: string }) {
  const { tokens } = event;
  if (id === 'status') return <StatusBadge status={event.status} />;
  if (id === 'took')
    return event.durationNs === undefined ? null : milliseconds(event.durationNs / 1e6);
  if (id === 'tokens') return tokens && <InAndOut tokens={tokens} />;
  if (id === 'cost') return event.cost === undefined ? null : <Money {...event.cost} />;
  const value = {
    ...{ in: tokens?.input, out: tokens?.output },
    cached: tokens?.cacheRead,
    written: tokens?.cacheWrite,
    thought: tokens?.reasoning,
  }[id];
  return value === undefined ? null : count(value);
}

/** Read, from caches too, and written, thoughts too. */
function InAndOut({ tokens }: { readonly tokens: EventTokens }) {
  const { input = 0, cacheRead = 0, cacheWrite = 0, output = 0, reasoning = 0 } = tokens;
  return (
    <>
      {count(input + cacheRead + cacheWrite)} <span className="text-muted">/</span>{' '}
      {count(output + reasoning)}
    </>
  );
}

const COLORS = {
  ...{ agent: 'bg-muted/60', model: 'bg-accent', tool: 'bg-info', host: 'bg-info/60' },
  other: 'bg-muted/40',
};

function BarCell({ step, left, width }: { readonly step: RunStep } & Omit<Bar, 'open'>) {
  const { status } = step.event;
  const color =
    status === 'error' ? 'bg-bad' : status === 'refused' ? 'bg-warn' : COLORS[stepRole(step.event)];
  return (
    <span className="relative block h-4" aria-hidden>
      <span
        className={classes(
          'absolute top-0.5 h-3 min-w-0.5 rounded-sm',
          color,
          status === 'open' && 'animate-pulse',
        )}
        style={{ left: `${Math.min(left, 0.995) * 100}%`, width: `${width * 100}%` }}
      />
    </span>
  );
}
