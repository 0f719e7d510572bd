import { Switch as Radix } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';
import { useId } from 'react';
import { classes } from './classes.ts';

const BOX =
  'w-full rounded-md border border-line bg-surface px-2.5 text-ink placeholder:text-muted aria-[invalid=true]:border-bad';

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input className={classes(BOX, 'h-9', className)} {...rest} />;
}
export function Textarea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea className={classes(BOX, 'py-2 font-mono text-xs', className)} {...rest} />;
}
/** The browser’s own: it is good on phones and with a keyboard, and writes no style element. */
export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return <select className={classes(BOX, 'h-9 pr-7', className)} {...rest} />;
}

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly className?: string;
  /** Given the id that the label is for, and what describes it. */
  readonly children: (given: {
    id: string;
    'aria-describedby': string | undefined;
    'aria-invalid': boolean;
  }) => ReactNode;
}

export function Field({ label, hint, error, className, children }: FieldProps) {
  const id = useId();
  const told = hint !== undefined || error !== undefined;
  return (
    <div className={classes('grid gap-1', className)}>
      <label htmlFor={id} className="font-medium text-sm">
        {label}
      </label>
      {children({
        id,
        'aria-describedby': told ? `${id}-told` : undefined,
        'aria-invalid': error !== undefined,
      })}
      {told && (
        <p id={`${id}-told`} className={classes('text-xs', error ? 'text-bad' : 'text-muted')}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

export function Switch({
  label,
  ...rest
}: { readonly label: string } & ComponentProps<typeof Radix.Root>) {
  const id = useId();
  return (
    <span className="inline-flex items-center gap-2">
      <Radix.Root
        id={id}
        className="relative h-5 w-9 shrink-0 rounded-full border border-line bg-raised data-[state=checked]:border-accent data-[state=checked]:bg-accent"
        {...rest}
      >
        <Radix.Thumb className="block size-4 translate-x-0.5 rounded-full bg-muted transition-transform data-[state=checked]:translate-x-4 data-[state=checked]:bg-accent-ink" />
      </Radix.Root>
      <label htmlFor={id}>{label}</label>
    </span>
  );
}
