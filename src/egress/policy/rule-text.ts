import type { EgressRule } from '../../contracts/egress-policy.ts';

/** In one line, for refusals and lists: `api.example.com:443 GET,POST /v1`. */
export function ruleText({ host, ports, methods, paths, ranges, intercept }: EgressRule): string {
  const parts = [`${host}:${ports.join(',')}`];
  if (methods !== undefined) parts.push(methods.join(','));
  if (paths !== undefined) parts.push(listText(paths));
  if (ranges !== undefined) parts.push(`in ${listText(ranges)}`);
  if (!intercept) parts.push('(passed through unseen)');
  return parts.join(' ');
}

const MAX_LISTED = 5;

function listText(texts: readonly string[]): string {
  const more = texts.length - MAX_LISTED;
  return `${texts.slice(0, MAX_LISTED).join(',')}${more > 0 ? `,… (${more} more)` : ''}`;
}
