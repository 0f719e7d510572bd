import type { CostReport } from '../../../contracts/cost.ts';

const COLUMNS = [
  ...['provider', 'of_agent', 'calls', 'input_tokens', 'cache_read_tokens', 'cache_write_tokens'],
  ...['output_tokens', 'reasoning_tokens', 'amount', 'currency', 'unpriced_calls'],
  'calls_without_usage',
];

/** The rows as RFC 4180 CSV, every digit of the amounts kept. */
export function costsCsv({ by, rows, currency }: CostReport): string {
  const lines = rows.map(
    ({ key, provider, agent, calls, tokens, amount, unpriced, usageMissing }) =>
      [
        ...[text(key), text(provider ?? ''), text(agent ?? ''), calls],
        ...[tokens.input, tokens.cacheRead, tokens.cacheWrite, tokens.output, tokens.reasoning],
        ...[amount, currency, unpriced, usageMissing],
      ].join(','),
  );
  return [[by, ...COLUMNS].join(','), ...lines, ''].join('\r\n');
}

/** Names are chosen by agents: a spreadsheet must not take one for a formula. */
function text(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
