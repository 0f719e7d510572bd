import { cva, type VariantProps } from 'class-variance-authority';
import type { ComponentProps } from 'react';
import { classes } from './classes.ts';

const look = cva(
  'inline-flex max-w-full items-center gap-1 rounded px-1.5 py-0.5 font-medium text-xs',
  {
    variants: {
      tone: {
        neutral: 'bg-raised text-muted',
        good: 'bg-good-soft text-good',
        warn: 'bg-warn-soft text-warn',
        bad: 'bg-bad-soft text-bad',
        info: 'bg-info-soft text-info',
        accent: 'bg-accent-soft text-accent',
      },
    },
    defaultVariants: { tone: 'neutral' },
  },
);
export type Tone = NonNullable<VariantProps<typeof look>['tone']>;

export function Badge({
  className,
  tone,
  ...rest
}: ComponentProps<'span'> & VariantProps<typeof look>) {
  return <span className={classes(look({ tone }), className)} {...rest} />;
}
