import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BudgetBody, BudgetResource } from '../../contracts/cost.ts';
import type { MakeCommand } from '../commands.ts';
import { moneyText, tokensText } from '../cost/cost-text.ts';
import { cliErrors } from '../errors.ts';
import { localTime, oneLine } from '../logs/event-text.ts';
import { wholeNumber } from '../options.ts';
import type { CommandBuilder } from '../session.ts';

export const budgets: MakeCommand = (build) =>
  build
    .command('budgets', 'What may be spent: list, set and delete budgets')
    .addCommand(list(build), { isDefault: true })
    .addCommand(set(build))
    .addCommand(remove(build));

function list(build: CommandBuilder): Command {
  return build.command('list', 'List the budgets with what is left of them').action(
    build.act(async ({ output, client }) => {
      const { items } = await (await client()).budgets();
      if (output.format === 'json') output.json(items);
      else if (items.length === 0)
        output.note('There are no budgets: nothing bounds what is spent.');
      else
        output.table(
          ['NAME', 'OF', 'PERIOD', 'LIMIT', 'SPENT', 'HELD', 'LEFT', 'RESETS'],
          items.map((one) => [
            one.name,
            one.agent === null ? '(all agents)' : oneLine(one.agent),
            one.period,
            limitText(one),
            amountText(one, one.now?.spent),
            amountText(one, one.now?.reserved),
            amountText(one, one.now?.left),
            one.now === null ? 'with each run' : localTime(one.now.resetsAt),
          ]),
        );
      return 0;
    }),
  );
}

interface SetOptions {
  readonly agent?: string;
  readonly per: BudgetBody['period'];
  readonly money?: string;
  readonly tokens?: number;
  readonly warnAt?: readonly number[];
  readonly allowUnpriced?: true;
}

function set(build: CommandBuilder): Command {
  return build
    .command('set', 'Set a budget; the one of that name is replaced')
    .argument('<budget>', 'its name')
    .option('--agent <name>', 'of this agent; else of all together')
    .addOption(
      new Option('--per <period>', 'what it is for')
        .choices(['run', 'day', 'month'])
        .default('day'),
    )
    .option('--money <dollars>', 'the most that may be spent: 12.50', money)
    .option('--tokens <count>', 'or the most tokens, of all classes', tokens)
    .option('--warn-at <percents>', 'tell when so much is spent: 50,80,100', percents)
    .option('--allow-unpriced', 'let calls to models without a price pass, uncounted')
    .addHelpText(
      'after',
      '\nEvery call is held to what it may cost at most before it is made, so that calls at once never\nspend more. Days and months are UTC.',
    )
    .action(
      build.act(async ({ output, client }, name: string, given: SetOptions) => {
        const { agent, per, warnAt, allowUnpriced } = given;
        const body: BudgetBody = {
          ...{ name, period: per, limit: limitOf(given) },
          ...(agent !== undefined && { agent }),
          ...(warnAt !== undefined && { thresholds: [...warnAt] }),
          ...(allowUnpriced && { allowUnpriced }),
        };
        const budget = await (await client()).setBudget(body);
        if (output.format === 'json') output.json(budget);
        else {
          const whose = budget.agent === null ? 'all agents together' : oneLine(budget.agent);
          const left = budget.now === null ? '' : `, ${amountText(budget, budget.now.left)} left`;
          output.note(
            `${name}: ${whose} may spend ${limitText(budget)} a ${budget.period}${left}.\n  → undo: swarm budgets delete ${name}`,
          );
        }
        return 0;
      }),
    );
}

function limitOf({ money: dollars, tokens: count }: SetOptions): BudgetBody['limit'] {
  if (dollars !== undefined && count === undefined) return { money: dollars };
  if (count !== undefined && dollars === undefined) return { tokens: count };
  throw cliErrors.usage('a budget is either in money or in tokens', {
    remedy: 'Give one of --money 12.50 and --tokens 1000000; for both, set two budgets.',
  });
}

function remove(build: CommandBuilder): Command {
  return build
    .command('delete', 'Delete a budget: it bounds nothing any more')
    .argument('<budget>', 'its name')
    .action(
      build.act(async ({ output, client }, name: string) => {
        await (await client()).deleteBudget(name);
        if (output.format === 'json') output.json({ name, deleted: true });
        else output.note(`${name} is deleted.`);
        return 0;
      }),
    );
}

function money(text: string): string {
  if (/^\d{1,12}(\.\d{1,12})?$/.test(text) && /[1-9]/.test(text)) return text;
  throw new InvalidArgumentError('It must be an amount of dollars such as 5 or 12.50.');
}

const tokens = wholeNumber({ min: 1, max: 1e15 });
const percent = wholeNumber({ min: 1, max: 100 });

function percents(text: string): readonly number[] {
  return text.split(',').map((one) => percent(one.trim()));
}

function limitText(budget: BudgetResource): string {
  const { money: dollars, tokens: count } = budget.limit;
  return amountText(budget, dollars ?? String(count ?? 0));
}

function amountText({ limit }: BudgetResource, amount: string | undefined): string {
  if (amount === undefined) return '-';
  return limit.money === undefined
    ? `${tokensText(Number(amount))} tokens`
    : `$${moneyText(amount)}`;
}
