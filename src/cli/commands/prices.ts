import { readFile, stat } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import {
  MAX_PRICE_FILE_BYTES,
  type PriceFormat,
  type PriceListDetail,
} from '../../contracts/cost.ts';
import type { MakeCommand } from '../commands.ts';
import { cliErrors } from '../errors.ts';
import { localTime, oneLine } from '../logs/event-text.ts';
import { countText } from '../output/text.ts';
import type { CommandBuilder, Session } from '../session.ts';

export const prices: MakeCommand = (build) =>
  build
    .command('prices', 'What models cost: list, import and remove price lists')
    .addCommand(list(build), { isDefault: true })
    .addCommand(importCommand(build))
    .addCommand(remove(build));

function list(build: CommandBuilder): Command {
  return build
    .command('list', 'List the price lists in the order in which a model is looked up')
    .argument('[list]', 'show the prices of this one')
    .action(
      build.act(async (session, name: string | undefined) => {
        const { output } = session;
        const api = await session.client();
        if (name !== undefined) {
          const found = await api.priceList(name);
          if (output.format === 'json') output.json(found);
          else showPrices(session, found);
          return 0;
        }
        const { items } = await api.priceLists();
        if (output.format === 'json') output.json(items);
        else
          output.table(
            ['NAME', 'MODELS', 'VERSION', 'FORMAT', 'IMPORTED', 'BY'],
            items.map((one) => [
              one.name,
              String(one.models),
              one.version,
              one.builtIn ? 'built in' : one.format,
              one.createdAt === null ? '-' : localTime(one.createdAt),
              one.createdBy === null ? '-' : oneLine(one.createdBy),
            ]),
          );
        return 0;
      }),
    );
}

function showPrices({ output }: Session, { prices: all, machineTime, builtIn }: PriceListDetail) {
  output.table(
    ['MODEL', 'INPUT', 'OUTPUT', 'CACHE READ', 'CACHE WRITE', '1 H WRITE', 'REASONING', 'AS OF'],
    all.flatMap((price) => {
      const cells = (rates: typeof price.rates) =>
        [
          ...[rates.input, rates.output, rates.cacheRead],
          ...[rates.cacheWrite, rates.cacheWriteLong, rates.reasoning],
        ].map((rate) => rate ?? '-');
      const name = oneLine(price.provider ? `${price.provider}/${price.model}` : price.model);
      return [
        [name, ...cells(price.rates), price.asOf ?? '-'],
        ...price.tiers.map((tier) => [`  over ${tier.above} tokens`, ...cells(tier.rates), '']),
      ];
    }),
  );
  output.note(
    'Dollars per million tokens; "-": cache as input, reasoning as output, 1 h as cache write.',
  );
  if (machineTime !== null)
    output.note(
      `Machines: $${machineTime.vcpuSecond} per vCPU second, $${machineTime.gibSecond} per GiB second.`,
    );
  if (builtIn) output.note('Defaults as of the dates given: check them against your contract.');
}

interface ImportOptions {
  readonly name: string;
  readonly format: PriceFormat;
}

function importCommand(build: CommandBuilder): Command {
  return build
    .command('import', 'Import a price file: whole, or not at all')
    .argument('<file>', 'JSON')
    .option('--name <list>', 'what the list is called; one of that name is replaced', 'own')
    .addOption(
      new Option('--format <format>', 'of the file')
        .choices(['swarm', 'litellm', 'agentgateway'])
        .default('swarm'),
    )
    .addHelpText(
      'after',
      '\nlitellm is its model_prices_and_context_window.json, agentgateway its cost catalog;\ndocs/guides/cost.md shows the form of your own. The list imported last is asked first.',
    )
    .action(
      build.act(async ({ output, client }, file: string, { name, format }: ImportOptions) => {
        const api = await client();
        const done = await api.importPrices(await readPriceFile(file), { name, format });
        if (output.format === 'json') output.json(done);
        else {
          const left =
            done.skipped === 0 ? '' : `, ${countText(done.skipped, 'other entry')} left out`;
          const rounded =
            done.rounded === 0
              ? ''
              : `\n${countText(done.rounded, 'price')} rounded to 12 decimals.`;
          output.note(
            `${countText(done.list.models, 'model')} ${done.replaced ? 'replaced' : 'imported'} as ${done.list.version}${left}.${rounded}\n  → undo: swarm prices remove ${name}`,
          );
        }
        return 0;
      }),
    );
}

async function readPriceFile(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > MAX_PRICE_FILE_BYTES)
      throw cliErrors.usage(
        `the price file ${path} is larger than ${MAX_PRICE_FILE_BYTES} bytes, the most that is taken`,
        { remedy: 'Leave out models that no agent calls, or import it in parts with --name.' },
      );
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw cliErrors.file_missing(`the price file ${path} cannot be read`, { cause: error });
  }
}

function remove(build: CommandBuilder): Command {
  return build
    .command('remove', 'Remove a price list: the others stand in for it')
    .argument('<list>', 'its name')
    .action(
      build.act(async ({ output, client }, name: string) => {
        await (await client()).removePrices(name);
        if (output.format === 'json') output.json({ name, removed: true });
        else output.note(`${name} is removed. What was priced by it stays as it is.`);
        return 0;
      }),
    );
}
