/** What the commands say of themselves, for docs/reference/cli.md and the golden help texts. */
import type { Argument, Command, Option } from 'commander';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { createProgram } from './program.ts';
import { createBuilder } from './session.ts';

/** The whole command line, without anything to run it with. */
export async function describedProgram(): Promise<Command> {
  const build: ReturnType<typeof createBuilder> = createBuilder({} as CliContext, {
    done: () => undefined,
    program: describedProgram,
  });
  return createProgram({ build, writeOut: () => undefined });
}

interface Described {
  /** `swarm deployments list` */
  readonly path: string;
  readonly command: Command;
}

/** The program, each command and each command below one. */
export function allCommands(program: Command, parent = ''): Described[] {
  const path = parent === '' ? program.name() : `${parent} ${program.name()}`;
  return [{ path, command: program }, ...program.commands.flatMap((one) => allCommands(one, path))];
}

const EXIT_MEANINGS: readonly (readonly [number, string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.failure, 'it was tried and failed: a deployment, a call, a check of the doctor'],
  [
    EXIT.usage,
    'the command line, agent.yaml, or a value or file that was given is wrong; nothing was changed',
  ],
  [EXIT.notFound, 'there is nothing of that name or id: no such agent, revision, secret, event, …'],
  [EXIT.unreachable, 'swarmd does not run, or cannot be reached'],
  [EXIT.unauthorised, 'the token is missing, wrong, or may not do this'],
  [EXIT.interrupted, 'Ctrl-C'],
];

const VARIABLES: readonly (readonly [string, string])[] = [
  ['SWARM_HOME', 'where everything is stored; default `~/.swarm`'],
  ['SWARM_URL', 'address of swarmd; default: what `SWARM_HOME/swarmd.json` says'],
  ['SWARM_TOKEN', 'token for swarmd; default: the one in `SWARM_HOME/token`'],
  ['SWARM_LISTEN', 'where `swarm up` listens; default `127.0.0.1:7700`, port 0 for any'],
  ['SWARM_GIT_TOKEN', 'token for a private repository, for `swarm deploy`'],
  ['NO_COLOR', 'no colours when set'],
];

export function referenceMarkdown(program: Command): string {
  const rows = (pairs: readonly (readonly [string | number, string])[]) =>
    pairs.map(([name, meaning]) => `| \`${name}\` | ${meaning} |`).join('\n');
  const sections = allCommands(program)
    .filter(({ command }) => command !== program)
    .map(section);
  return `# The command line

<!-- Made from the commands themselves: UPDATE_GOLDEN=1 node --test tests/golden/cli-help.test.ts -->

Results go to standard output, all else to the error output. Every command takes \`--output json\`:
the API's own resources, one JSON value, or one a line where the output is a stream; errors are then
\`{"error": {code, message, causes, remedy, details}}\` as the last line of the error output.
Every command also takes
\`--no-color\`, \`-q\` (results only) and \`--help\`.

## Exit codes

| Code | Meaning |
| ---- | ------- |
${rows(EXIT_MEANINGS)}

\`swarm exec\` and \`swarm dev\` end with the exit code of what they ran, \`swarm audit verify\` with the
verifier's: 0 when everything fits, 1 when something was found, 2 when it could not be checked.

## Environment

| Variable | Meaning |
| -------- | ------- |
${rows(VARIABLES)}

${sections.join('\n')}`;
}

const COMMON = new Set(['--output', '--no-color', '--quiet']);

function section({ path, command }: Described): string {
  const options = command.options.filter(({ long }) => !COMMON.has(long ?? ''));
  const items = [
    ...command.registeredArguments.map((one) => [argumentText(one), one.description] as const),
    ...options.map((one) => [one.flags, optionText(one)] as const),
  ];
  const table =
    items.length === 0
      ? ''
      : `\n${items.map(([name, text]) => `- \`${name}\` — ${text}`).join('\n')}\n`;
  const usage = command.usage().replace(/^\[options\] ?/, '');
  return `## ${path}\n\n${command.description()}.\n\n    ${path} ${usage}\n${table}`.replace(
    / +$/gm,
    '',
  );
}

function argumentText(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function optionText(option: Option): string {
  const choices = option.argChoices === undefined ? '' : ` (${option.argChoices.join(', ')})`;
  const standard = option.defaultValue === undefined ? '' : `; default ${option.defaultValue}`;
  return `${option.description}${choices}${standard}`;
}
