import { SwarmError } from '../base/errors.ts';
import { imageErrors } from './errors.ts';

const SAYS_FULL = /no space left on device|ENOSPC|disk quota exceeded/i;

/** `error` itself, or disk_full when a full disk is what lies behind it. */
export function diskFullOr(error: unknown): unknown {
  if (error instanceof SwarmError && error.code === 'disk_full') return error;
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    const code = (e as NodeJS.ErrnoException).code;
    const tail = e instanceof SwarmError ? JSON.stringify(e.details) : '';
    if (code === 'ENOSPC' || code === 'EDQUOT' || SAYS_FULL.test(`${e.message} ${tail}`))
      return imageErrors.disk_full('The disk of the host is full.', { cause: error });
  }
  return error;
}
