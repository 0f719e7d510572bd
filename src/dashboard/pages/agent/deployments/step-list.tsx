import { Check, Circle, LoaderCircle, Undo2, X } from 'lucide-react';
import { milliseconds, seconds } from '../../../ui/figures.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { useNowSeconds } from '../../../ui/time.tsx';
import type { StepProgress } from './deployment-progress.ts';

const NAMES: Readonly<Record<string, string>> = {
  resolve: 'Find the source',
  build: 'Build the image',
  rootfs: 'Make the root file system',
  revision: 'Record the revision',
  machines: 'Start machines',
  healthy: 'Wait until they are healthy',
  traffic: 'Move the calls over',
  retire: 'Retire the old machines',
};
const ICONS = {
  started: [LoaderCircle, 'animate-spin text-info'],
  progress: [LoaderCircle, 'animate-spin text-info'],
  done: [Check, 'text-good'],
  failed: [X, 'text-bad'],
  undone: [Undo2, 'text-warn'],
} as const;

export function StepList({ steps }: { readonly steps: readonly StepProgress[] }) {
  if (steps.length === 0)
    return (
      <p className="flex items-center gap-2 text-muted">
        <Circle className="size-4" aria-hidden /> Nothing of it has begun, or is known any more.
      </p>
    );
  return (
    <ol className="grid gap-2" aria-live="polite">
      {steps.map((step) => (
        <Step key={step.step} step={step} />
      ))}
    </ol>
  );
}

function Step({ step }: { readonly step: StepProgress }) {
  const [Icon, look] = ICONS[step.state];
  return (
    <li className="grid grid-cols-[1rem_minmax(0,1fr)_auto] items-start gap-x-3">
      <Icon className={`mt-0.5 size-4 ${look}`} aria-label={step.state} role="img" />
      <div className="min-w-0">
        <p>{NAMES[step.step] ?? <HostileText text={step.step} />}</p>
        {step.detail !== undefined && (
          <p className="text-muted text-xs">
            <HostileText text={step.detail} />
          </p>
        )}
        {step.fraction !== undefined && (
          <progress
            aria-label={`${step.step}, done so far`}
            className="mt-1 h-1.5 w-full max-w-xs accent-accent"
            max={1}
            value={step.fraction}
          />
        )}
      </div>
      <span className="text-muted text-xs tabular-nums">
        {step.durationMs !== undefined ? (
          milliseconds(step.durationMs)
        ) : step.state === 'started' || step.state === 'progress' ? (
          <Running since={step.startedAt} />
        ) : null}
      </span>
    </li>
  );
}

function Running({ since }: { readonly since: string }) {
  const now = useNowSeconds();
  return seconds(Math.max(0, now - Math.floor(Date.parse(since) / 1000)));
}
