import type { Command, Option } from 'commander';
import type { SwarmClient } from '../../contracts/client.ts';
import type { CommandBuilder, Session } from '../session.ts';
import { EVENT_KINDS } from './event-kinds.ts';

/** Names that swarmd knows are worth a short wait only: a shell is waiting. */
const NAMES_TIMEOUT_MS = 1_500;
const NEWEST_EVENTS = 200;

/** What fills an argument or an option's value, by its name. */
const SOURCES: Readonly<Record<string, (client: SwarmClient) => Promise<readonly string[]>>> = {
  name: async (client) => (await client.agents({ limit: 200 })).items.map(({ name }) => name),
  '--agent <name>': async (client) => SOURCES.name?.(client) ?? [],
  event: async (client) =>
    (await client.events({ limit: NEWEST_EVENTS })).items.map(({ id }) => id),
  run: async (client) =>
    (await client.events({ limit: NEWEST_EVENTS })).items.flatMap(({ run }) => run ?? []),
  '--run <id>': async (client) => SOURCES.run?.(client) ?? [],
  secret: async (client) => (await client.secrets()).items.map(({ name }) => name),
  rule: liveRules,
  budget: async (client) => (await client.budgets()).items.map(({ name }) => name),
  list: async (client) => (await client.priceLists()).items.map(({ name }) => name),
  session: async (client) => (await client.sessions()).items.map(({ id }) => id),
  hold: async (client) => (await client.holds()).items.map(({ name }) => name),
};

/** Which agent is meant is not known here: of the first ones, all. */
async function liveRules(client: SwarmClient): Promise<readonly string[]> {
  const { items } = await client.agents({ limit: 20 });
  const policies = await Promise.all(items.map(({ name }) => client.egress(name)));
  return policies.flatMap(({ rules }) => rules.flatMap(({ live }) => live?.id ?? []));
}

/** Each kind, and `gateway.*` for all of an area. */
function kinds(): readonly string[] {
  const areas = EVENT_KINDS.map((kind) => `${kind.slice(0, kind.indexOf('.'))}.*`);
  return [...EVENT_KINDS, ...new Set(areas)];
}

/** What the last word could become; nothing means: file names. */
export async function candidates(
  session: Session,
  { words, build }: { words: readonly string[]; build: CommandBuilder },
): Promise<string[]> {
  const program = await build.program();
  const current = words.at(-1) ?? '';
  const found = await possible(program, { before: words.slice(0, -1), current, session });
  return [...new Set(found)].filter((word) => word.startsWith(current)).sort();
}

async function possible(
  program: Command,
  at: { before: readonly string[]; current: string; session: Session },
): Promise<readonly string[]> {
  if (at.before.includes('--')) return [];
  let command = program;
  let operands = 0;
  let pending: Option | undefined;
  for (const word of at.before) {
    if (pending !== undefined) pending = undefined;
    else if (word.startsWith('-')) pending = optionWithValue(command, word);
    else {
      const sub = operands === 0 ? command.commands.find((one) => one.name() === word) : undefined;
      if (sub === undefined) operands++;
      else command = sub;
    }
  }
  if (pending !== undefined)
    return pending.argChoices ?? (await namesFor(pending.flags, at.session));
  if (at.current.startsWith('-')) return optionNames(command);
  const subcommands = command.commands.map((one) => one.name());
  const argument = command.registeredArguments[operands];
  const choices = argument?.argChoices ?? (await namesFor(argument?.name() ?? '', at.session));
  return operands === 0 ? [...subcommands, ...choices] : choices;
}

function optionWithValue(command: Command, word: string): Option | undefined {
  if (word.includes('=')) return undefined;
  const option = command.options.find(({ long, short }) => long === word || short === word);
  return option?.required === true ? option : undefined;
}

function optionNames(command: Command): string[] {
  return ['--help', ...command.options.flatMap(({ long }) => (long ? [long] : []))];
}

async function namesFor(what: string, session: Session): Promise<readonly string[]> {
  if (what === '--kind <kind>') return kinds();
  const source = Object.hasOwn(SOURCES, what) ? SOURCES[what] : undefined;
  if (source === undefined) return [];
  const late = new Promise<string[]>((resolve) => {
    setTimeout(() => resolve([]), NAMES_TIMEOUT_MS).unref();
  });
  return Promise.race([
    session
      .client()
      .then(source)
      .catch(() => []),
    late,
  ]);
}
