import type { EgressCheckBody } from '../../../../contracts/egress-requests.ts';

/**
 * What somebody typed, as a call: `https://host/path`, `host/path` or `host:8443`. The host stays as
 * it was written, because the policy judges what a guest would write.
 */
export function readTarget(text: string): EgressCheckBody {
  const [, scheme = 'https', authority = '', rest = ''] =
    /^(?:(https?):\/\/)?([^/?#]*)(.*)$/is.exec(text.trim()) ?? [];
  const [, host = authority, port] = /^(.*?)(?::(\d{1,5}))?$/s.exec(authority) ?? [];
  const number = Number(port);
  return {
    scheme: scheme.toLowerCase() === 'http' ? 'http' : 'https',
    host: host.slice(0, 2_000),
    ...(port !== undefined && number >= 1 && number <= 65_535 && { port: number }),
    path: pathOf(rest),
  };
}

function pathOf(rest: string): string {
  const path = rest.replace(/#.*$/s, '');
  return (path.startsWith('/') ? path : `/${path}`).slice(0, 20_000);
}
