/** The commands that show or export the same events. */
import type { ExportFormat } from '../../api/events.ts';
import { askedTerms, type CallTerms, TERMS } from './call-terms.ts';
import { labelOf } from './query-words.ts';
import { shellWord } from './shell-word.ts';

export function logsCommand(terms: CallTerms): string {
  return ['swarm logs', ...options(terms)].join(' ');
}

export function exportCommand(terms: CallTerms, format: ExportFormat): string {
  return [`swarm audit export --to export --format ${format}`, ...options(terms)].join(' ');
}

function options(terms: CallTerms): string[] {
  const asked = askedTerms(terms);
  return TERMS.flatMap((name) => {
    const value = asked[name];
    return value === undefined ? [] : [`--${labelOf(name)} ${shellWord(value)}`];
  });
}
