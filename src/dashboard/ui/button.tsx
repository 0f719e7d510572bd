import { cva, type VariantProps } from 'class-variance-authority';
import { LoaderCircle } from 'lucide-react';
import { Slot } from 'radix-ui';
import type { ComponentProps } from 'react';
import { classes } from './classes.ts';

const look = cva(
  'inline-flex items-center justify-center gap-1.5 whitespace-nowrap rounded-md font-medium transition-colors disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0',
  {
    variants: {
      kind: {
        primary: 'bg-accent text-accent-ink hover:opacity-90',
        plain: 'border border-line bg-surface text-ink hover:bg-raised',
        quiet: 'text-muted hover:bg-raised hover:text-ink',
        danger: 'border border-bad/40 bg-bad-soft text-bad hover:border-bad',
      },
      size: { normal: 'h-9 px-3', small: 'h-7 px-2 text-xs', icon: 'size-9', iconSmall: 'size-7' },
    },
    defaultVariants: { kind: 'plain', size: 'normal' },
  },
);

interface ButtonProps extends ComponentProps<'button'>, VariantProps<typeof look> {
  /** Its child, a link for instance, is drawn in its place. */
  readonly asChild?: boolean;
  /** What it began is under way: it cannot be pressed, and says so. */
  readonly busy?: boolean;
}

export function Button({ className, kind, size, asChild, busy, ...rest }: ButtonProps) {
  const shown = classes(look({ kind, size }), className);
  if (asChild) return <Slot.Root className={shown} {...rest} />;
  const { children, disabled, ...props } = rest;
  return (
    <button
      type="button"
      className={shown}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...props}
    >
      {busy && <LoaderCircle className="animate-spin" aria-hidden />}
      {children}
    </button>
  );
}
