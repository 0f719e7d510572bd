import { MAX_SECRET_BYTES, type SecretMode } from '../contracts/secret.ts';
import { secretErrors } from './errors.ts';

/** Says nothing of the value itself. @throws secret_value_invalid */
export function checkValue(
  value: string,
  { name, mode }: { name: string; mode: SecretMode },
): void {
  const fault = valueFault(value, mode);
  if (fault === undefined) return;
  const remedy = fault.remedy === undefined ? {} : { remedy: fault.remedy };
  throw secretErrors.secret_value_invalid(`The value of ${name} ${fault.message}.`, remedy);
}

/** RFC 9110, section 5.5: what all recipients read the same. */
export function canStandInHeader(value: string): boolean {
  return !/[^\t\x20-\x7e]/.test(value);
}

const INJECT =
  'Send it without that, or set the secret with --mode inject: then it is not sent in a header.';

function valueFault(
  value: string,
  mode: SecretMode,
): { message: string; remedy?: string } | undefined {
  if (value === '') return { message: 'is empty' };
  if (!value.isWellFormed()) return { message: 'is not text in UTF-8' };
  const bytes = Buffer.byteLength(value);
  if (bytes > MAX_SECRET_BYTES)
    return { message: `has ${bytes} bytes; the most are ${MAX_SECRET_BYTES}` };
  if (value.includes('\0')) return { message: 'has a NUL byte in it' };
  if (mode === 'inject') return undefined;
  if (/[\r\n]/.test(value))
    return { message: 'has a line break in it, which cannot stand in a header', remedy: INJECT };
  if (!canStandInHeader(value))
    return {
      message: 'has a character in it that cannot stand in a header: only ASCII can',
      remedy: INJECT,
    };
  if (value.trim() !== value)
    return { message: 'begins or ends with a space, which a header loses', remedy: INJECT };
  return undefined;
}
