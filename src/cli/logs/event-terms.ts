/** The options that choose events, the same for `swarm logs` and `swarm audit export`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { KIND_TERM_FAULT, KIND_TERM_PATTERN } from '../../contracts/event-kinds.ts';
import type { EventTermsQuery } from '../../contracts/event-query.ts';
import { parseDuration } from '../../contracts/units.ts';

const STATUSES = ['open', 'ok', 'error', 'refused', 'unknown'] as const;

export interface TermOptions {
  readonly agent?: readonly string[];
  readonly tool?: readonly string[];
  readonly kind?: readonly string[];
  readonly status?: readonly string[];
  readonly actor?: readonly string[];
  readonly provider?: readonly string[];
  readonly model?: readonly string[];
  readonly machine?: readonly string[];
  readonly run?: string;
  readonly since?: string;
  readonly until?: string;
  readonly text?: string;
  readonly minCost?: string;
}

/** Names of the options above, as commander keeps them; `since` serves both forms of `logs`. */
export const TERM_NAMES = [
  ...['agent', 'tool', 'kind', 'status', 'actor', 'provider', 'model', 'machine'],
  ...['run', 'until', 'text', 'minCost'],
] as const;

/** `--tool a,b` and `--tool a --tool b` are the same: one of them. */
function someOf(text: string, earlier: readonly string[] = []): readonly string[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.includes('')) throw new InvalidArgumentError('It must not be empty.');
  return [...earlier, ...words];
}

function someStatuses(text: string, earlier: readonly string[] = []): readonly string[] {
  const words = someOf(text, earlier);
  const wrong = words.find((word) => !(STATUSES as readonly string[]).includes(word));
  if (wrong === undefined) return words;
  throw new InvalidArgumentError(`It must be one of ${STATUSES.join(', ')}.`);
}

function someKinds(text: string, earlier: readonly string[] = []): readonly string[] {
  const words = someOf(text, earlier);
  if (words.every((word) => KIND_TERM_PATTERN.test(word))) return words;
  throw new InvalidArgumentError(`It ${KIND_TERM_FAULT}.`);
}

export function runText(text: string): string {
  if (/^[0-9a-f]{4,32}$/.test(text)) return text;
  throw new InvalidArgumentError(
    'It must be the id of a run, 32 hexadecimal digits, or the first 4 or more of them.',
  );
}

function costText(text: string): string {
  if (/^\d{1,18}(\.\d{1,18})?$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a decimal number such as 0.05.');
}

/**
 * A duration back from now stays one. A time without a zone is meant in this machine's, as the
 * table shows them; sent as RFC 3339 with the fraction that was given.
 */
export function whenText(text: string): string {
  if (parseDuration(text) !== undefined) return text;
  const parts =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(\.\d{1,9})?)?)?(Z|[+-]\d\d:\d\d)?$/i.exec(text);
  const [, day, minutes = '00:00', seconds = '00', fraction = '', zone = ''] = parts ?? [];
  const ms = parts === null ? Number.NaN : Date.parse(`${day}T${minutes}:${seconds}${zone}`);
  // The fraction is put back as it was given: a Date holds no more than three digits of it.
  if (!Number.isNaN(ms))
    return new Date(ms).toISOString().replace('.000Z', `${fraction || '.000'}Z`);
  throw new InvalidArgumentError(
    'It must be a duration such as 10m, 2h or 7d, or a time such as "2026-01-31 12:00".',
  );
}

/** Adds them to a command. `since` is left out where the command has one already. */
export function addTermOptions(command: Command): Command {
  const status = new Option('--status <status>', 'how they ended').argParser(someStatuses);
  status.argChoices = [...STATUSES];
  return command
    .option('--agent <name>', 'of this agent; a,b for one of several, here and below', someOf)
    .option('--tool <name>', 'calls of this tool', someOf)
    .option('--kind <kind>', 'of this kind, or of all below one: gateway.*', someKinds)
    .option('--since <when>', 'from a time on, or a duration back: 2h', whenText)
    .option('--until <when>', 'before a time, or a duration back', whenText)
    .addOption(status)
    .option('--actor <name>', 'done by this principal, by name or id', someOf)
    .option('--run <id>', 'of this run', runText)
    .option('--model <name>', 'with this model', someOf)
    .option('--provider <name>', 'with this provider', someOf)
    .option('--machine <id>', 'in this machine', someOf)
    .option('--text <words>', 'with all these words; "in this order"; begin*', String)
    .option('--min-cost <amount>', 'that cost at least so much', costText);
}

/** As the API takes them. */
export function termsQuery(options: TermOptions): EventTermsQuery {
  const list = (name: string, words: readonly string[] | undefined) =>
    words === undefined ? {} : { [name]: words.join(',') };
  const { run, since, until, text, minCost } = options;
  return {
    ...list('agent', options.agent),
    ...list('tool', options.tool),
    ...list('kind', options.kind),
    ...list('status', options.status),
    ...list('actor', options.actor),
    ...list('provider', options.provider),
    ...list('model', options.model),
    ...list('machine', options.machine),
    ...(run !== undefined && { run }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(text !== undefined && { text }),
    ...(minCost !== undefined && { minCost }),
  };
}
