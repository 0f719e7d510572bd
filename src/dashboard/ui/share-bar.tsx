import { classes } from './classes.ts';

interface ShareBarProps {
  /** 0 to 1; more is shown as full. */
  readonly share: number;
  /** Behind it, in a lighter colour: what is held. */
  readonly held?: number;
  readonly tone?: 'accent' | 'warn' | 'bad';
  /** What it shows, for those who do not see it. */
  readonly label: string;
  readonly className?: string;
}

const FILL = { accent: 'bg-accent', warn: 'bg-warn', bad: 'bg-bad' } as const;

/** How much of something is used. */
export function ShareBar({ share, held = 0, tone = 'accent', label, className }: ShareBarProps) {
  const width = (part: number) => `${Math.min(100, Math.max(0, part * 100))}%`;
  return (
    <span
      role="img"
      aria-label={label}
      className={classes(
        'relative block h-1.5 w-full overflow-hidden rounded-full bg-raised',
        className,
      )}
    >
      {held > 0 && (
        <span
          className={classes('absolute inset-y-0 left-0 opacity-40', FILL[tone])}
          style={{ width: width(share + held) }}
        />
      )}
      <span
        className={classes('absolute inset-y-0 left-0', FILL[tone])}
        style={{ width: width(share) }}
      />
    </span>
  );
}
