/** What is known of a deployment from its events so far, and how it is shown. Pure. */
import type { DeploymentEvent, DeploymentResource } from '../../contracts/resources.ts';
import type { Colors } from '../output/output.ts';
import { durationText, printable } from '../output/text.ts';

/** Log lines under the current step, and those told again when it fails. */
const LIVE_LOG_LINES = 4;
const KEPT_LOG_LINES = 30;

export interface DeploymentView {
  readonly current?: {
    readonly step: string;
    readonly detail: string;
    readonly fraction?: number;
    readonly startedMs: number;
  };
  readonly log: readonly string[];
  readonly finished?: DeploymentResource;
}

export const EMPTY_VIEW: DeploymentView = { log: [] };

/** Names of steps as people read them. */
const STEP_TITLES: Readonly<Record<string, string>> = {
  upload: 'Send the files',
  resolve: 'Get the image',
  rootfs: 'Make the root file system',
  revision: 'Record the revision',
  machines: 'Start machines',
  healthy: 'Wait until healthy',
  traffic: 'Shift the calls',
  retire: 'Retire old machines',
};

export function stepTitle(step: string): string {
  return STEP_TITLES[step] ?? step;
}

export function afterEvent(
  view: DeploymentView,
  event: DeploymentEvent,
  nowMs: number,
): DeploymentView {
  if (event.type === 'finished') return { log: view.log, finished: event.deployment };
  if (event.type === 'log') {
    const line = event.from === 'build' ? event.text : `${event.from}: ${event.text}`;
    return { ...view, log: [...view.log, printable(line)].slice(-KEPT_LOG_LINES) };
  }
  if (event.state !== 'started' && event.state !== 'progress') return { log: view.log };
  const same = view.current?.step === event.step ? view.current : undefined;
  return {
    ...view,
    // A new step begins with no lines of the last one under it.
    log: same === undefined ? [] : view.log,
    current: {
      step: event.step,
      detail: printable(event.detail ?? same?.detail ?? ''),
      startedMs: same?.startedMs ?? nowMs,
      ...(event.fraction !== undefined && { fraction: event.fraction }),
    },
  };
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const BAR_CELLS = 20;

export function barText(fraction: number): string {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * BAR_CELLS);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)} ${Math.round(fraction * 100)} %`;
}

/** The lines that are drawn again and again on a terminal. */
export function liveLines(
  view: DeploymentView,
  options: { nowMs: number; colors: Colors },
): string[] {
  const { current } = view;
  if (current === undefined) return [];
  const { nowMs, colors } = options;
  const frame = FRAMES[Math.floor(nowMs / 100) % FRAMES.length] ?? '';
  const parts = [
    stepTitle(current.step),
    ...(current.fraction === undefined ? [] : [barText(current.fraction)]),
    current.detail,
    colors.dim(durationText(nowMs - current.startedMs)),
  ];
  return [
    `${colors.cyan(frame)} ${parts.filter((part) => part !== '').join('  ')}`,
    ...view.log.slice(-LIVE_LOG_LINES).map((line) => colors.dim(`  │ ${line}`)),
  ];
}

/** A line that stays, for an event that deserves one; undefined for the others. */
export function lastingLine(event: DeploymentEvent, colors: Colors): string | undefined {
  if (event.type !== 'step') return undefined;
  const detail = event.detail ? `  ${colors.dim(printable(event.detail))}` : '';
  const took =
    event.durationMs === undefined ? '' : `  ${colors.dim(durationText(event.durationMs))}`;
  if (event.state === 'done')
    return `${colors.green('✓')} ${stepTitle(event.step)}${detail}${took}`;
  if (event.state === 'failed')
    return `${colors.red('✗')} ${stepTitle(event.step)}${detail}${took}`;
  if (event.state === 'undone')
    return `${colors.yellow('↶')} ${stepTitle(event.step)}: undone${detail}`;
  return undefined;
}

/** Without a terminal: one line for an event, undefined for mere progress. */
export function plainLine(event: DeploymentEvent): string | undefined {
  if (event.type === 'finished') return undefined;
  if (event.type === 'log') return `  ${event.from} | ${printable(event.text)}`;
  const title = stepTitle(event.step);
  const detail = event.detail ? `: ${printable(event.detail)}` : '';
  if (event.state === 'progress') return event.detail ? `${title}${detail}` : undefined;
  if (event.state === 'started')
    return `${title} …${event.detail ? ` ${printable(event.detail)}` : ''}`;
  const took = event.durationMs === undefined ? '' : ` in ${durationText(event.durationMs)}`;
  return `${title}: ${event.state}${took}${event.detail ? ` (${printable(event.detail)})` : ''}`;
}
