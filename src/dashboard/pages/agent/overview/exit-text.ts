import type { MachineResource } from '../../../../contracts/resources.ts';

/** Why a machine ended, in one line. */
export function exitText({ exit, reason }: Pick<MachineResource, 'exit' | 'reason'>): string {
  const parts: string[] = [];
  if (exit?.oomKilled) parts.push('out of memory');
  if (exit !== null && exit.signal !== null) parts.push(`ended by ${exit.signal}`);
  else if (exit !== null && exit.exitCode !== null) parts.push(`exit code ${exit.exitCode}`);
  if (reason !== null && !parts.includes(reason)) parts.push(reason);
  return parts.length === 0 ? 'no reason was told' : parts.join(', ');
}
