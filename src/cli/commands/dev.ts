import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { MakeCommand } from '../commands.ts';
import type { CliContext } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { EXIT } from '../exit-code.ts';

/** Tasks that are not simply scripts/TASK.ts. */
const TASKS: Readonly<Record<string, readonly string[]>> = {
  bench: ['bench/run.ts'],
  'test-kvm': ['--test', 'tests/kvm/**/*.test.ts'],
};

export const dev: MakeCommand = (build) =>
  build
    .command('dev', 'Run a task of the repository: check, bench NAME, test-kvm, torture')
    .argument('<task>', 'check: all tests; bench NAME; test-kvm; or the name of a file in scripts/')
    .argument('[args...]', 'what the task takes')
    .passThroughOptions()
    .action(
      build.act(async (session, task: string, args: readonly string[]) => {
        session.onInterrupt(() => undefined); // The terminal sends Ctrl-C to the task as well.
        return run(session.context, [...(await taskArguments(session.context, task)), ...args]);
      }),
    );

async function taskArguments({ wiring }: CliContext, task: string): Promise<readonly string[]> {
  const known = TASKS[task];
  if (known !== undefined) return known;
  const script = join('scripts', `${task}.ts`);
  if (/^[\w-]+$/.test(task) && existsSync(join(wiring.root, script))) return [script];
  const scripts = await readdir(join(wiring.root, 'scripts')).catch(() => []);
  const names = scripts.filter((name) => name.endsWith('.ts')).map((name) => name.slice(0, -3));
  throw cliErrors.usage(`there is no task "${task}"`, {
    remedy: `Tasks are: ${[...new Set([...names, ...Object.keys(TASKS)])].sort().join(', ')}`,
  });
}

/** With the repository's own Node.js first on PATH. */
function run({ wiring, env }: CliContext, args: readonly string[]): Promise<number> {
  const path = [join(wiring.root, 'node_modules/.bin'), env.PATH ?? ''].join(delimiter);
  const child = spawn(process.execPath, [...args], {
    cwd: wiring.root,
    env: { ...env, PATH: path },
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? EXIT.failure));
  });
}
