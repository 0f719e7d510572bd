import type { Command, Option } from 'commander';
import type { CommandBuilder, Session } from '../session.ts';

/** Names of agents are worth a short wait only: a shell is waiting. */
const AGENTS_TIMEOUT_MS = 1_500;

/** What the last word could become; nothing means: file names. */
export async function candidates(
  session: Session,
  { words, build }: { words: readonly string[]; build: CommandBuilder },
): Promise<string[]> {
  const program = await build.program();
  const current = words.at(-1) ?? '';
  const found = await possible(program, { before: words.slice(0, -1), current, session });
  return found.filter((word) => word.startsWith(current)).sort();
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
  if (pending !== undefined) return pending.argChoices ?? [];
  if (at.current.startsWith('-')) return optionNames(command);
  const subcommands = command.commands.map((one) => one.name());
  const argument = command.registeredArguments[operands];
  const choices =
    argument?.argChoices ?? (argument?.name() === 'name' ? await agentNames(at.session) : []);
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

async function agentNames(session: Session): Promise<string[]> {
  const read = async () => {
    const page = await (await session.client()).agents({ limit: 200 });
    return page.items.map((agent) => agent.name);
  };
  const late = new Promise<string[]>((resolve) => {
    setTimeout(() => resolve([]), AGENTS_TIMEOUT_MS).unref();
  });
  return Promise.race([read().catch(() => []), late]);
}
