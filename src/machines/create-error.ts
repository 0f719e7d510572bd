import { SwarmError } from '../base/errors.ts';
import { machineErrors } from './errors.ts';

/** What a failed `create` throws: host_disk_full, what was told already, or machine_create_failed. */
export function asCreateError(machineId: string, cause: unknown): SwarmError {
  const text = cause instanceof Error ? cause.message : String(cause);
  if ((cause as NodeJS.ErrnoException).code === 'ENOSPC' || /No space left/.test(text))
    return machineErrors.host_disk_full(`The disk is full: machine ${machineId} was not made.`, {
      cause,
    });
  if (cause instanceof SwarmError) return cause;
  return machineErrors.machine_create_failed(`Machine ${machineId} could not be made.`, { cause });
}
