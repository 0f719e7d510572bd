import type { AuditProblem } from './audit-verification.ts';

/** `segments/…seg, byte 123, entry 45: what is wrong`. */
export function problemText({ code, message, file, offset, entry }: AuditProblem): string {
  const where = [
    ...(file === null ? [] : [file]),
    ...(offset === null ? [] : [`byte ${offset}`]),
    ...(entry === null ? [] : [`entry ${entry}`]),
  ].join(', ');
  return `${code}: ${where === '' ? '' : `${where}: `}${message}`;
}
