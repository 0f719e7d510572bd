/** The CLI. The front file of the area: `runCli` is all that src/main needs. */
import { CommanderError } from 'commander';
import { SwarmError } from '../base/errors.ts';
import { COMMANDS } from './commands.ts';
import type { CliContext } from './context.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { bugText, errorJson, errorText } from './output/error-text.ts';
import { createOutput } from './output/output.ts';
import { createProgram } from './program.ts';
import { createBuilder } from './session.ts';

export type { CliContext, DoctorCheck, DoctorOptions, Wiring } from './context.ts';

export interface RunningCli {
  /** Resolves with the exit code; never rejects. */
  readonly exitCode: Promise<number>;
  /** Ctrl-C was pressed. `taken`: the command deals with it itself; `aborted`: it is to end. */
  interrupt(): 'taken' | 'aborted';
}

export function runCli(context: CliContext): RunningCli {
  let exitCode: number = EXIT.ok;
  let interrupted = false;
  const build: ReturnType<typeof createBuilder> = createBuilder(context, {
    done: (code) => {
      exitCode = code;
    },
    program: () => createProgram({ build, writeOut: () => undefined }),
  });
  const run = async () => {
    try {
      await parse(context, build);
      // What only Ctrl-C ends, such as following, returns without an error when it does.
      return interrupted && exitCode === EXIT.ok ? EXIT.interrupted : exitCode;
    } catch (error) {
      if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
      if (interrupted && !(error instanceof SwarmError)) return EXIT.interrupted;
      return report(context, error);
    }
  };
  return {
    exitCode: run(),
    interrupt: () => {
      const outcome = build.interrupt();
      interrupted ||= outcome === 'aborted';
      return outcome;
    },
  };
}

async function parse(context: CliContext, build: ReturnType<typeof createBuilder>): Promise<void> {
  const [first] = context.argv;
  const word = first === '--version' || first === '-V' ? 'version' : first;
  const only = COMMANDS.find(({ name }) => name === word)?.name;
  const program = await createProgram({
    build,
    ...(only !== undefined && { only }),
    writeOut: (text) => void context.stdout.write(text),
  });
  if (first === undefined) {
    program.outputHelp();
    return;
  }
  await program.parseAsync([word ?? '', ...context.argv.slice(1)], { from: 'user' });
}

/** Tells an error once, in the form that was asked for. @returns the exit code */
function report(context: CliContext, error: unknown): number {
  if (!(error instanceof SwarmError)) {
    context.stderr.write(bugText(error));
    return EXIT.failure;
  }
  const { stdout, stderr, env, argv } = context;
  const ours = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const json = ours.some(
    (word, i) => word === '--output=json' || (word === 'json' && ours[i - 1] === '--output'),
  );
  const color = !ours.includes('--no-color');
  const output = createOutput({
    stdout,
    stderr,
    env,
    format: json ? 'json' : 'table',
    quiet: false,
    color,
  });
  stderr.write(
    json ? `${JSON.stringify(errorJson(error))}\n` : errorText(error, output.errorColors),
  );
  return exitCodeOf(error);
}
