import { type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import type { SecretMode } from '../../../contracts/secret.ts';
import { Field, Input, Textarea } from '../../ui/field.tsx';

export interface ValueHandle {
  /** What was typed; the field is empty afterwards. */
  take(): string;
}

interface ValueFieldProps {
  readonly mode: SecretMode;
  readonly onFilled: (filled: boolean) => void;
  readonly ref: Ref<ValueHandle>;
}

/**
 * The value lives in the field alone: no state, no cache, no form that a browser would remember. It
 * is gone when it was sent, and when the field goes.
 */
export function ValueField({ mode, onFilled, ref }: ValueFieldProps) {
  const place = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  useImperativeHandle(ref, () => ({
    take() {
      const value = place.current?.value ?? '';
      if (place.current !== null) place.current.value = '';
      onFilled(false);
      return value;
    },
  }));
  useEffect(() => {
    const field = place.current;
    return () => {
      if (field !== null) field.value = '';
    };
  }, []);
  const own = {
    ref: place,
    autoComplete: 'off',
    autoCapitalize: 'off',
    spellCheck: false,
    'data-1p-ignore': true,
    'data-lpignore': 'true',
    onInput: () => onFilled((place.current?.value ?? '') !== ''),
  } as const;
  return (
    <Field
      label="Value"
      hint={
        mode === 'inject'
          ? 'At most 64 KiB; several lines are kept as they are. It is never shown again.'
          : 'ASCII without line breaks, at most 64 KiB. It is never shown again.'
      }
    >
      {(field) =>
        mode === 'inject' ? (
          <Textarea {...field} {...own} rows={4} className="[-webkit-text-security:disc]" />
        ) : (
          <Input {...field} {...own} type="password" className="font-mono" />
        )
      }
    </Field>
  );
}
