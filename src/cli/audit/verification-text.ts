/** How a verification that swarmd made of its own log went, in a line. */
import { problemText } from '../../contracts/audit-problem-text.ts';
import type { AuditVerification, AuditVerifications } from '../../contracts/audit-verification.ts';
import { oneLine } from '../logs/event-text.ts';
import type { Colors } from '../output/output.ts';
import { ageText, durationText } from '../output/text.ts';

export function verdictText(
  found: AuditVerification,
  colors: Pick<Colors, 'green' | 'red'>,
): string {
  const { verdict, entries, treeSize, durationMs, findings, problem } = found;
  if (verdict === 'intact') {
    const seen = `${entries} entries, ${treeSize} of them below the checkpoint`;
    return `${colors.green('intact')}: ${seen}, in ${durationText(durationMs)}`;
  }
  const first = problem === null ? 'something' : oneLine(problemText(problem));
  return `${colors.red('damaged')}: ${first}${findings > 1 ? `, and ${findings - 1} more` : ''}`;
}

/** What `swarm audit status` says of it. */
export function verificationText(
  { last, running, unfinished, nextAt }: AuditVerifications,
  { colors, nowMs }: { readonly colors: Colors; readonly nowMs: number },
): string {
  const age = (time: string) => `${ageText(Date.parse(time), nowMs)} ago`;
  const now = running === null ? '' : `; one is under way for ${oneLine(running.by)}`;
  const failed =
    unfinished === null
      ? ''
      : `; an attempt ${age(unfinished.time)} came to no verdict: ${oneLine(unfinished.reason)}`;
  const next = nextAt === null ? '' : `, the next one at ${oneLine(nextAt)}`;
  if (last === null) return `not yet${now}${failed}${next}`;
  const when = `${age(last.time)}, by ${oneLine(last.by)}`;
  return `${when}: ${verdictText(last, colors)}${now}${failed}`;
}
