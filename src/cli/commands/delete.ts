import type { SwarmClient } from '../../contracts/client.ts';
import type { MakeCommand } from '../commands.ts';
import { confirm } from '../confirm.ts';
import { EXIT } from '../exit-code.ts';

/** Machines may drain for as long as agent.yaml says; then this only says that it goes on. */
const WAIT_MS = 10 * 60_000;

interface DeleteOptions {
  readonly yes?: boolean;
  readonly detach?: boolean;
}

export const remove: MakeCommand = (build) =>
  build
    .command('delete', 'Delete an agent, with its machines and revisions')
    .argument('<name>', 'the agent')
    .option('-y, --yes', 'do not ask')
    .option('-d, --detach', 'do not wait until it is gone')
    .action(
      build.act(async (session, name: string, options: DeleteOptions) => {
        const { output, signal } = session;
        const client = await session.client();
        const agent = await client.agent(name);
        const question = `Delete ${name} with its ${agent.replicas.items.length} replicas?`;
        if (options.yes !== true && !(await confirm(session, question))) return EXIT.failure;
        const deleting = await client.deleteAgent(name);
        for (const secret of await ownSecrets(client, name))
          output.note(
            `${name} leaves its own secret ${secret}: the next agent of that name could use it\n  → swarm secrets delete ${secret} --agent ${name}`,
          );
        if (options.detach === true) {
          if (output.format === 'json') output.json(deleting);
          return EXIT.ok;
        }
        output.note(`${name}: its machines drain and stop …`);
        const answer = await client.waitForAgent(name, {
          state: 'deleted',
          timeoutMs: WAIT_MS,
          signal,
        });
        if (output.format === 'json') output.json(answer);
        else
          output.note(
            answer.reached
              ? `${name} is deleted`
              : `${name} is still being deleted\n  → swarm status ${name}`,
          );
        return answer.reached ? EXIT.ok : EXIT.failure;
      }),
    );

/** Their names. None is told where they cannot be listed: the agent is deleted all the same. */
async function ownSecrets(client: SwarmClient, agent: string): Promise<readonly string[]> {
  const { items } = await client.secrets({ agent }).catch(() => ({ items: [] }));
  return items.filter((secret) => secret.agent === agent).map(({ name }) => name);
}
