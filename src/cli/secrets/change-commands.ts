/** `swarm secrets set`, `rotate`, `use` and `delete`. */
import type { Command } from 'commander';
import type { SecretResource } from '../../contracts/secret.ts';
import { confirm } from '../confirm.ts';
import { cliErrors } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import type { CommandBuilder, Session } from '../session.ts';
import { readValue } from './read-value.ts';
import { checkNameAlone } from './secret-argument.ts';
import { ofAgent, type UseOptions, useOf, withUseOptions } from './use-options.ts';

interface ValueOptions extends UseOptions {
  readonly fromFile?: string;
}

const AGENT = ['--agent <name>', "of this agent, where it wins over the workspace's"] as const;
const FROM_FILE = [
  '--from-file <file>',
  'read the value from a file; else from the input',
] as const;
const NO_ARGUMENT =
  '\nThe value comes from the input or a file, or is asked for, unseen, on a terminal. It is never an\nargument: those can be seen by others and stay in the history of the shell.';

/** Arguments beyond the name are taken, to be refused without being printed. */
function nameAlone(command: Command, name: 'secret' | 'new-secret'): Command {
  return command.argument(`<${name}>`, 'its name: API_KEY').allowExcessArguments(true);
}

export function setCommand(build: CommandBuilder): Command {
  const command = nameAlone(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how it is written.
    build.command('set', 'Make a secret: agents name it as ${SECRET_NAME} in agent.yaml'),
    'new-secret',
  )
    .option(...AGENT)
    .option(...FROM_FILE);
  return withUseOptions(command)
    .option('--allow-http', 'may be sent over HTTP without TLS')
    .addHelpText('after', NO_ARGUMENT)
    .action(
      build.act(async (session, name: string, options: ValueOptions) => {
        checkNameAlone(command, name);
        const value = await readValue(session, { name, fromFile: options.fromFile });
        const body = { name, value, ...useOf(options) };
        const made = await (await session.client()).createSecret(body, ofAgent(options));
        show(session, made, `${calledName(made)} is set (version ${made.version})`);
        if (session.output.format === 'json') return EXIT.ok;
        if (name.startsWith('SECRET_'))
          session.output.note(`"SECRET_" stands before the name already: \${SECRET_${name}}.`);
        if (made.mode === 'placeholder' && made.hosts.length === 0)
          session.output.note(
            `It may go to every host that the agent's egress rules allow.\n  → name its own: swarm secrets use ${name}${agentText(made)} --host api.example.com`,
          );
        return EXIT.ok;
      }),
    );
}

export function rotateCommand(build: CommandBuilder): Command {
  const command = nameAlone(
    build.command('rotate', 'Give a secret a new value; machines that run use it at once'),
    'secret',
  )
    .option(...AGENT)
    .option(...FROM_FILE)
    .addHelpText('after', NO_ARGUMENT);
  return command.action(
    build.act(async (session, name: string, options: ValueOptions) => {
      checkNameAlone(command, name);
      const value = await readValue(session, { name, fromFile: options.fromFile });
      const api = await session.client();
      const rotated = await api.rotateSecret(name, { value }, ofAgent(options));
      const when =
        rotated.mode === 'placeholder'
          ? 'the next call carries it'
          : 'processes get it when their machines are started anew';
      show(session, rotated, `${calledName(rotated)} has version ${rotated.version}: ${when}`);
      return EXIT.ok;
    }),
  );
}

export function useCommand(build: CommandBuilder): Command {
  const command = build
    .command('use', 'Change how a secret may be used; what is left out stays')
    .argument('<secret>', 'its name')
    .option(...AGENT);
  return withUseOptions(command)
    .option('--allow-http', 'may be sent over HTTP without TLS')
    .option('--no-allow-http', 'is sent over TLS only')
    .action(
      build.act(async (session, name: string, options: UseOptions) => {
        const use = useOf(options);
        if (Object.keys(use).length === 0)
          throw cliErrors.usage('it does not say what to change', {
            remedy: 'Add --mode, --host, --header or --allow-http.',
          });
        const changed = await (await session.client()).changeSecretUse(name, use, ofAgent(options));
        show(session, changed, `${calledName(changed)}: ${useText(changed)}`);
        return EXIT.ok;
      }),
    );
}

interface DeleteOptions {
  readonly agent?: string;
  readonly yes?: boolean;
  readonly force?: boolean;
}

export function deleteCommand(build: CommandBuilder): Command {
  return build
    .command('delete', 'Delete a secret with all its versions')
    .argument('<secret>', 'its name')
    .option(...AGENT)
    .option('-y, --yes', 'do not ask')
    .option('--force', 'also one that an active revision names')
    .action(
      build.act(async (session, name: string, options: DeleteOptions) => {
        const called = calledName({ name, agent: options.agent ?? null });
        const question = `Delete the secret ${called} with all its versions?`;
        if (options.yes !== true && !(await confirm(session, question))) return EXIT.failure;
        const api = await session.client();
        await api.deleteSecret(name, {
          ...ofAgent(options),
          ...(options.force === true && { force: true }),
        });
        const { output } = session;
        if (output.format === 'json')
          output.json({ name, agent: options.agent ?? null, deleted: true });
        else output.note(`${called} is deleted`);
        return EXIT.ok;
      }),
    );
}

function show({ output }: Session, secret: SecretResource, text: string): void {
  if (output.format === 'json') output.json(secret);
  else output.note(text);
}

function useText({ mode, hosts, headers, allowHttp }: SecretResource): string {
  if (mode === 'inject') return 'its value is in the environment of the process';
  const where = hosts.length === 0 ? 'every allowed host' : hosts.join(', ');
  return `to ${where}, in ${headers.join(', ')}, ${allowHttp ? 'also without TLS' : 'over TLS only'}`;
}

function calledName({ name, agent }: Pick<SecretResource, 'name' | 'agent'>): string {
  return agent === null ? name : `${name} of ${agent}`;
}

function agentText({ agent }: SecretResource): string {
  return agent === null ? '' : ` --agent ${agent}`;
}
