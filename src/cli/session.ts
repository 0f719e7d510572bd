import { Command, Option } from 'commander';
import type { SwarmClient } from '../contracts/client.ts';
import type { CliContext } from './context.ts';
import { createOutput, type Output } from './output/output.ts';

/** What one run of a command has at hand. */
export interface Session {
  readonly context: CliContext;
  readonly output: Output;
  /** Fires at the first Ctrl-C, unless `onInterrupt` took it over. */
  readonly signal: AbortSignal;
  /** Finds swarmd. @throws swarmd_not_running */
  client(): Promise<SwarmClient>;
  /** Called at Ctrl-C instead of firing `signal`; undefined gives it back. */
  onInterrupt(handler: (() => void) | undefined): void;
}

export interface CommonOptions {
  readonly output: 'json' | 'table';
  readonly color: boolean;
  readonly quiet?: boolean;
}

export interface CommandBuilder {
  /** The whole command line, every command loaded: what completion reads. */
  program(): Promise<Command>;
  /** A command with the options that all have. */
  command(name: string, summary: string): Command;
  /**
   * Makes the action of a command: the exit code it returns (0 when none) becomes the process's.
   * Arguments come in order, then the options.
   */
  act<Args extends unknown[]>(
    work: (session: Session, ...args: Args) => Promise<number | undefined>,
  ): (...args: unknown[]) => Promise<void>;
}

export function createBuilder(
  context: CliContext,
  { done, program }: { done: (exitCode: number) => void; program: () => Promise<Command> },
): CommandBuilder & { interrupt(): 'taken' | 'aborted' } {
  const abort = new AbortController();
  let onInterrupt: (() => void) | undefined;
  return {
    program,
    interrupt() {
      if (onInterrupt === undefined) {
        abort.abort();
        return 'aborted';
      }
      onInterrupt();
      return 'taken';
    },
    command: (name, summary) =>
      new Command(name)
        .description(summary)
        .addOption(
          new Option('--output <format>', 'how to print results')
            .choices(['table', 'json'])
            .default('table'),
        )
        .option('--no-color', 'print without colours')
        .option('-q, --quiet', 'print results only')
        .helpOption('-h, --help', 'show this help'),
    act:
      <Args extends unknown[]>(
        work: (session: Session, ...args: Args) => Promise<number | undefined>,
      ) =>
      async (...all: unknown[]) => {
        const command = all.at(-1) as Command;
        const common = commonOptions(command);
        const { env, stdout, stderr } = context;
        const output = createOutput({
          stdout,
          stderr,
          env,
          format: common.output,
          quiet: common.quiet === true,
          color: common.color,
        });
        const session: Session = {
          context,
          output,
          signal: abort.signal,
          client: async () => {
            // Loaded when needed: it brings zod, which `swarm version` does not want to wait for.
            const api = await import('../contracts/client.ts');
            return api.createClient(await api.findConnection({ home: context.home, env }));
          },
          onInterrupt: (handler) => {
            onInterrupt = handler;
          },
        };
        done((await work(session, ...(all.slice(0, -1) as Args))) ?? 0);
      },
  };
}

/** Wherever they stand: `swarm audit hold --output json` gives them to `hold`, not to its default. */
function commonOptions(command: Command): CommonOptions {
  const given: Partial<CommonOptions> = {};
  for (let one: Command | null = command; one !== null; one = one.parent) {
    const values: Record<string, unknown> = one.opts();
    for (const name of ['output', 'color', 'quiet'])
      if (!Object.hasOwn(given, name) && one.getOptionValueSource(name) === 'cli')
        Object.assign(given, { [name]: values[name] });
  }
  return { ...command.opts<CommonOptions>(), ...given };
}
