import { Option } from 'commander';
import type { CostReport, CostRow } from '../../contracts/cost.ts';
import type { MakeCommand } from '../commands.ts';
import { moneyText, tokensText } from '../cost/cost-text.ts';
import { oneLine } from '../logs/event-text.ts';
import { countText } from '../output/text.ts';
import type { Session } from '../session.ts';

interface CostOptions {
  readonly agent?: string;
  readonly by: CostReport['by'];
  readonly since?: string;
  readonly until?: string;
}

export const cost: MakeCommand = (build) =>
  build
    .command('cost', 'Show what calls to models, tools and hosts cost')
    .option('--agent <name>', 'of this agent only')
    .addOption(
      new Option('--by <key>', 'one row for each')
        .choices(['agent', 'tool', 'model', 'day', 'run'])
        .default('agent'),
    )
    .option('--since <when>', 'from that day on: 2026-01-31, or 7d back; default: this month')
    .option('--until <when>', 'up to that day, which is included')
    .addHelpText(
      'after',
      '\nDays are whole and in UTC. What a call costs follows from prices ("swarm prices"); calls to\nmodels without a price are counted as unpriced, and what they cost is not in any sum.',
    )
    .action(
      build.act(async (session, { agent, by, since, until }: CostOptions) => {
        const api = await session.client();
        const report = await api.costs({
          by,
          ...(agent !== undefined && { agent }),
          ...(since !== undefined && { since }),
          ...(until !== undefined && { until }),
        });
        if (session.output.format === 'json') session.output.json(report);
        else showReport(session, report);
        return 0;
      }),
    );

const HEADERS = ['CALLS', 'INPUT', 'CACHED', 'OUTPUT', 'COST', 'UNPRICED'];

function showReport({ output }: Session, report: CostReport): void {
  const { by, rows, totals, since, until, currency } = report;
  const days = since === until ? since : `${since} to ${until}`;
  if (rows.length === 0) output.note(`No calls from ${days}.`);
  else {
    const { bold, yellow } = output.colors;
    const cells = (row: Omit<CostRow, 'key'>) => [
      String(row.calls),
      tokensText(row.tokens.input),
      tokensText(row.tokens.cacheRead + row.tokens.cacheWrite),
      tokensText(row.tokens.output + row.tokens.reasoning),
      moneyText(row.amount),
      row.unpriced + row.usageMissing === 0 ? '' : yellow(flagText(row)),
    ];
    const table = rows.map((row) => [keyText(row, by), ...cells(row)]);
    const total = ['total', ...cells(totals)].map((cell) => bold(cell));
    output.table([by.toUpperCase(), ...HEADERS], [...table, total]);
    output.note(`${currency}, ${days} (UTC).`);
  }
  if (report.truncated) output.note('There are more rows; the total has them too.');
  if (!report.complete)
    output.note('swarmd has just started: calls of before are still being added up.');
  if (totals.unpriced > 0)
    output.note(
      `${countText(totals.unpriced, 'call')} to models without a price: what they cost is not in the sums.\n  → give them one: swarm prices import --help`,
    );
  if (totals.usageMissing > 0)
    output.note(
      `${countText(totals.usageMissing, 'call')} did not say what they used: not in the sums.\n  → see them: swarm logs --kind egress.call --output json | grep usageMissing`,
    );
}

function flagText({ unpriced, usageMissing }: Pick<CostRow, 'unpriced' | 'usageMissing'>): string {
  const parts = [
    unpriced === 0 ? undefined : `${unpriced} without price`,
    usageMissing === 0 ? undefined : `${usageMissing} without usage`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

function keyText({ key, provider }: CostRow, by: CostReport['by']): string {
  if (key === '') return by === 'run' ? '(no run)' : '-';
  return oneLine(provider ? `${provider}/${key}` : key);
}
