import { isIP } from 'node:net';
import { apiErrors } from './errors.ts';

/**
 * Refuses requests addressed to a name that is not ours: a web page whose name was pointed at this
 * address (DNS rebinding) reaches the socket, but not past its own Host header.
 * @throws host_not_allowed
 */
export function checkHost(host: string | undefined, allowedHosts: readonly string[]): void {
  const name = hostName(host ?? '');
  if (name === 'localhost' || name.endsWith('.localhost') || isLoopback(name)) return;
  if (allowedHosts.includes(name) || (allowedHosts.includes('*ip') && isIP(name) !== 0)) return;
  throw apiErrors.host_not_allowed(
    name === ''
      ? 'The request has no usable Host header.'
      : `The host "${name.slice(0, 100)}" is not one that swarmd serves.`,
  );
}

function isLoopback(name: string): boolean {
  return name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/** The name in `name:port` or `[::1]:port`, in lower case; '' when it is neither. */
function hostName(host: string): string {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2] ?? '').toLowerCase().replace(/\.$/, '');
}
