import type { MakeCommand } from '../commands.ts';
import { showDeployment } from '../deployment/show-deployment.ts';

export const restart: MakeCommand = (build) =>
  build
    .command('restart', 'Replace the machines of an agent by new ones of the same revision')
    .argument('<name>', 'the agent')
    .option('-d, --detach', 'do not wait until it is done')
    .action(
      build.act(async (session, name: string, options: { detach?: boolean }) => {
        const client = await session.client();
        const deployment = await client.restart(name);
        return showDeployment(session, { client, deployment, detach: options.detach === true });
      }),
    );
