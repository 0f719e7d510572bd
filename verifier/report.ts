/** What is shown: for people, or as one JSON object. */
import type { Arguments } from './arguments.ts';
import type { Finding, FindingsReport } from './findings.ts';
import type { ExportSummary } from './verify-export.ts';
import type { LogSummary } from './verify-log.ts';
import type { ProofSummary } from './verify-proof.ts';

export interface Verified {
  readonly kind: 'log' | 'export' | 'proof';
  readonly logs: readonly LogSummary[];
  readonly export?: ExportSummary;
  readonly proof?: ProofSummary;
}

export function jsonReport(target: string, verified: Verified, report: FindingsReport): string {
  return `${JSON.stringify({ ok: report.findingsTotal === 0, target, ...verified, ...report })}\n`;
}

/** What somebody else wrote may hold anything: control characters do not reach the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Bidi_Control}/gu, '\u{fffd}');
}

function line(finding: Finding): string {
  const where = [
    finding.workspace,
    finding.file,
    finding.offset === undefined ? undefined : `byte ${finding.offset}`,
    finding.seq === undefined ? undefined : `entry ${finding.seq}`,
  ].filter((part) => part !== undefined);
  return `  ${printable(`${finding.code}: ${where.join(', ')}: ${finding.message}`)}\n`;
}

function summaryOf(verified: Verified): string {
  const lines = verified.logs.map(
    (log) =>
      `${log.origin}: ${log.entries} entries in ${log.segments} segments, ` +
      `${log.published} of them below the published checkpoint ` +
      `(${log.erasedEntries} entries and ${log.erasedPayloads} payloads erased, ` +
      `${log.openIntents} actions open)`,
  );
  const { export: exported, proof } = verified;
  // Of what could not be read so far as to know whose it is, there is nothing to sum up.
  if (exported !== undefined && exported.origin !== '')
    lines.push(
      `${exported.origin}: export of ${exported.entries} entries (${exported.format}) ` +
        `from the tree of ${exported.size}`,
    );
  if (proof !== undefined && proof.origin !== '')
    lines.push(`${proof.origin}: entries ${proof.seqs.join(', ')} in the tree of ${proof.size}`);
  return lines.map((text) => `${printable(text)}\n`).join('');
}

export function textReport(target: string, verified: Verified, report: FindingsReport): string {
  const { findings, findingsTotal, notes, notesTotal } = report;
  const more = (total: number, shown: number) =>
    total > shown ? `  and ${total - shown} more\n` : '';
  const noted =
    notesTotal === 0 ? '' : `Notes:\n${notes.map(line).join('')}${more(notesTotal, notes.length)}`;
  const found =
    findingsTotal === 0
      ? `All is right: ${printable(target)}\n`
      : `${findingsTotal} findings:\n${findings.map(line).join('')}${more(findingsTotal, findings.length)}`;
  return `${summaryOf(verified)}${noted}${found}`;
}

const PROGRESS_INTERVAL_MS = 500;

export interface Progress {
  readonly show: (done: { readonly bytes: number; readonly of: number }) => void;
  readonly end: () => void;
}

/** On a terminal only. */
export function progressTo(
  stream: NodeJS.WriteStream,
  options: Pick<Arguments, 'quiet' | 'json'>,
): Progress {
  if (!stream.isTTY || options.quiet || options.json)
    return { show: () => undefined, end: () => undefined };
  let shownAt = performance.now();
  let isShown = false;
  return {
    show: ({ bytes, of }) => {
      if (performance.now() - shownAt < PROGRESS_INTERVAL_MS) return;
      shownAt = performance.now();
      isShown = true;
      const percent = of === 0 ? 100 : Math.floor((100 * bytes) / of);
      stream.write(`\r${percent} % of ${Math.ceil(of / 1e6)} MB`);
    },
    end: () => {
      if (isShown) stream.write('\r\u001b[K');
    },
  };
}
