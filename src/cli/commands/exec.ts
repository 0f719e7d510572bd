import type { MakeCommand } from '../commands.ts';
import { wholeNumber } from '../options.ts';

export interface ExecArguments {
  readonly interactive?: boolean;
  readonly tty?: boolean;
  readonly replica?: number;
  readonly user?: string;
  readonly workdir?: string;
}

export const exec: MakeCommand = (build) =>
  build
    .command('exec', "Run a command in an agent's machine")
    .usage('NAME [OPTIONS] -- COMMAND [ARGS...]')
    .argument('<name>', 'the agent')
    .argument('<command...>', 'after --: the program and its arguments')
    .option('-i, --interactive', 'send what is typed or piped in')
    .option('-t, --tty', 'give it a terminal')
    .option(
      '--replica <n>',
      'in this replica; else in a healthy one',
      wholeNumber({ min: 0, max: 100_000 }),
    )
    .option('-u, --user <name>', 'as this user; else as the agent')
    .option('-w, --workdir <path>', 'in this folder; else in that of the agent')
    .addHelpText(
      'after',
      "\nEnds with the command's own exit code; 128 + N when signal N ended it.",
    )
    .action(
      build.act(async (session, name: string, argv: readonly string[], options: ExecArguments) => {
        const { runExec } = await import('../exec/run-exec.ts');
        return runExec(session, { name, argv, options });
      }),
    );
