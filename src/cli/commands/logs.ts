import { Option } from 'commander';
import type { MakeCommand } from '../commands.ts';
import { cliErrors } from '../errors.ts';
import { addTermOptions, TERM_NAMES, type TermOptions, termsQuery } from '../logs/event-terms.ts';
import type { ProcessOutputOptions } from '../logs/process-output.ts';
import { wholeNumber } from '../options.ts';
import type { Session } from '../session.ts';

interface LogsArguments extends TermOptions, Omit<ProcessOutputOptions, 'since'> {
  readonly limit?: number;
  readonly all?: boolean;
  readonly stdout?: boolean;
  readonly ids?: boolean;
}

const DEFAULT_LIMIT = 50;
/** Options of one form that mean nothing in the other. */
const ONLY_EVENTS = [
  ...TERM_NAMES.filter((name) => name !== 'agent'),
  'limit',
  'all',
  'ids',
] as const;
const ONLY_STDOUT = ['tail', 'replica', 'stream', 'timestamps'] as const;

export const logs: MakeCommand = (build) =>
  addTermOptions(
    build
      .command('logs', 'Find events in the audit log; with --stdout, what an agent prints')
      .usage('[NAME] [OPTIONS]\n       swarm logs NAME --stdout [OPTIONS]')
      .argument('[name]', 'the agent: short for --agent'),
  )
    .option('-n, --limit <n>', `the newest so many; default ${DEFAULT_LIMIT}`, limit)
    .option('--all', 'every event that matches, however many')
    .option('--ids', 'with the id of each event, for "swarm event show"')
    .option('-f, --follow', 'stay, and show what comes: events as they end, or lines')
    .option('--stdout', "what the agent's processes print, instead of events")
    .option('--tail <n>', 'with --stdout: only the newest lines', limitOf(0, 100_000))
    .option('--replica <n>', 'with --stdout: only this replica', limitOf(0, 100_000))
    .addOption(
      new Option('--stream <name>', 'with --stdout: only this stream').choices([
        ...['stdout', 'stderr', 'system'],
      ]),
    )
    .option('-t, --timestamps', 'with --stdout: show when each line was printed')
    .addHelpText('after', EXAMPLES)
    .action(
      build.act(async (session, name: string | undefined, given: LogsArguments) => {
        checkForm(given);
        if (given.stdout === true) {
          const { showProcessOutput } = await import('../logs/process-output.ts');
          await showProcessOutput(session, { name: oneAgent(name, given), options: given });
          return 0;
        }
        const { showEvents } = await import('../logs/show-events.ts');
        const run = await wholeRun(session, given.run);
        await showEvents(session, {
          terms: termsQuery({
            ...given,
            ...(name !== undefined && { agent: agents(name, given) }),
            ...(run !== undefined && { run }),
          }),
          limit: given.limit ?? DEFAULT_LIMIT,
          all: given.all === true,
          follow: given.follow === true,
          ids: given.ids === true,
        });
        return 0;
      }),
    );

const EXAMPLES = `
Events come oldest first, the newest at the bottom. A time without a zone is in this machine's.

  swarm logs support-desk --since 2h --status error,unknown
  swarm logs --kind 'gateway.*' --text refund* -f
  swarm logs --since 2026-01-30 --until 2026-01-31 --all --output json
  swarm logs support-desk --stdout --tail 20 -f

"swarm event show ID" shows one in full, "swarm run show ID" what belongs to one run.`;

function limitOf(min: number, max: number) {
  return wholeNumber({ min, max });
}
function limit(text: string): number {
  return limitOf(1, 100_000)(text);
}

function checkForm(given: LogsArguments): void {
  const [foreign, remedy] =
    given.stdout === true
      ? [ONLY_EVENTS, 'Leave out --stdout to find events, or leave that option out.']
      : [ONLY_STDOUT, 'Add --stdout for what the agent prints: swarm logs NAME --stdout'];
  const wrong = foreign.find((name) => given[name] !== undefined);
  if (wrong !== undefined) {
    const option = `--${wrong.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const form =
      given.stdout === true ? 'chooses events, and --stdout shows none' : 'needs --stdout';
    throw cliErrors.usage(`${option} ${form}`, { remedy });
  }
  if (given.all === true && given.limit !== undefined)
    throw cliErrors.usage('--all and --limit do not go together', {
      remedy: 'Give one of them.',
    });
}

async function wholeRun(session: Session, run: string | undefined): Promise<string | undefined> {
  if (run === undefined) return undefined;
  const { wholeRunId } = await import('../audit/full-id.ts');
  return wholeRunId(await session.client(), run);
}

/** NAME and --agent say the same thing: both only when they agree. */
function agents(name: string, { agent }: LogsArguments): readonly string[] {
  if (agent === undefined || (agent.length === 1 && agent[0] === name)) return [name];
  throw cliErrors.usage(`"${name}" and --agent ${agent.join(',')} name different agents`, {
    remedy: 'Give the agent once; for one of several: --agent a,b',
  });
}

function oneAgent(name: string | undefined, given: LogsArguments): string {
  const named = name === undefined ? (given.agent ?? []) : agents(name, given);
  const [only] = named;
  if (only !== undefined && named.length === 1) return only;
  throw cliErrors.usage('--stdout shows the output of one agent', {
    remedy: 'Name it: swarm logs NAME --stdout',
  });
}
