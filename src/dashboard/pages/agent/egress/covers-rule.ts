import type { EgressSuggestion } from '../../../../contracts/egress-requests.ts';

export type EgressRuleParts = EgressSuggestion['rules'][number]['rule'];

/**
 * Does one rule alone let everything pass that the other would? No, where that cannot be seen: the
 * policy itself is judged in src/egress/, this only saves an offer.
 */
export function isCovered(wanted: EgressRuleParts, held: readonly EgressRuleParts[]): boolean {
  return held.some(
    (rule) =>
      coversHost(rule.host, wanted.host) &&
      wanted.ports.every((port) => rule.ports.includes(port)) &&
      coversList(wanted.methods, rule.methods, (method, one) => method === one) &&
      coversList(wanted.paths, rule.paths, isBelow),
  );
}

function coversHost(rule: string, host: string): boolean {
  return rule === host || (rule.startsWith('*.') && host.endsWith(rule.slice(1)));
}

/** Absent is all. */
function coversList(
  wanted: readonly string[] | undefined,
  held: readonly string[] | undefined,
  covers: (wanted: string, held: string) => boolean,
): boolean {
  if (held === undefined) return true;
  return wanted?.every((one) => held.some((other) => covers(one, other))) === true;
}

/** Of whole segments: /v1 is above /v1/x and not above /v10. */
function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
}
