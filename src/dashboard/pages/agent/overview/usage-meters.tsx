import { bytes } from '../../../ui/figures.tsx';

interface MeterProps {
  readonly label: string;
  readonly text: string;
  /** 0 to 1; undefined: not known. */
  readonly share: number | undefined;
  readonly title: string;
}

function Meter({ label, text, share, title }: MeterProps) {
  const width = Math.max(0, Math.min(1, share ?? 0)) * 100;
  return (
    <div className="min-w-0" title={title}>
      <p className="flex justify-between gap-2 text-xs">
        <span className="text-muted">{label}</span>
        <span className="truncate tabular-nums">{text}</span>
      </p>
      <div className="mt-1.5 h-1.5 overflow-hidden rounded-full bg-raised">
        <div className="h-full rounded-full bg-accent" style={{ width: `${width}%` }} />
      </div>
    </div>
  );
}

interface CpuMeterProps {
  /** Of one CPU. */
  readonly share: number | undefined;
  readonly cpus: number | undefined;
  readonly runs: boolean;
}

export function CpuMeter({ share, cpus, runs }: CpuMeterProps) {
  const of = cpus === undefined ? '' : ` of ${cpus}`;
  const known = share !== undefined && runs;
  return (
    <Meter
      label="CPU"
      title="In the last seconds, of the machine’s process on the host"
      text={known ? `${share.toFixed(2)}${of} CPU` : runs ? '…' : '–'}
      share={known ? share / (cpus ?? 1) : undefined}
    />
  );
}

interface MemoryMeterProps {
  readonly usedBytes: number | undefined;
  readonly limitMib: number | undefined;
}

export function MemoryMeter({ usedBytes, limitMib }: MemoryMeterProps) {
  const limit = limitMib === undefined ? undefined : limitMib * 1024 * 1024;
  const given = limit === undefined ? '' : `; the machine was given ${bytes(limit)}`;
  return (
    <Meter
      label="Memory"
      title={`On the host, with what runs the machine${given}`}
      text={usedBytes === undefined ? '–' : `${bytes(usedBytes)} on the host`}
      share={usedBytes === undefined || limit === undefined ? undefined : usedBytes / limit}
    />
  );
}
