import { classes } from './classes.ts';

interface SparklineProps {
  readonly values: readonly number[];
  /** Drawn over it in the colour of failures. */
  readonly bad?: readonly number[];
  /** What it shows, for those who do not see it. */
  readonly label: string;
  readonly className?: string;
}

const WIDTH = 120;
const HEIGHT = 28;

/** Bars by minute, the newest on the right. */
export function Sparkline({ values, bad, label, className }: SparklineProps) {
  const most = Math.max(1, ...values, ...(bad ?? []));
  const width = WIDTH / Math.max(1, values.length, bad?.length ?? 0);
  const bars = (given: readonly number[]) =>
    given
      .map((value, i) => {
        if (value <= 0) return '';
        const height = Math.max(1.5, (value / most) * HEIGHT);
        return `M${(i * width).toFixed(2)} ${HEIGHT}v${(-height).toFixed(2)}h${(width * 0.8).toFixed(2)}v${height.toFixed(2)}z`;
      })
      .join('');
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className={classes('h-7 w-30', className)}
    >
      <path d={`M0 ${HEIGHT - 0.5}h${WIDTH}`} className="stroke-line" strokeWidth="1" />
      <path d={bars(values)} className="fill-accent" />
      {bad !== undefined && <path d={bars(bad)} className="fill-bad" />}
    </svg>
  );
}
