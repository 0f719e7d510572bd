import type { MakeCommand } from '../commands.ts';
import { showDeployment } from '../deployment/show-deployment.ts';
import { wholeNumber } from '../options.ts';

interface RollbackOptions {
  readonly to?: number;
  readonly detach?: boolean;
}

export const rollback: MakeCommand = (build) =>
  build
    .command('rollback', 'Go back to an earlier revision of an agent')
    .argument('<name>', 'the agent')
    .option(
      '--to <n>',
      'the revision; else the one that ran before',
      wholeNumber({ min: 1, max: 1e9 }),
    )
    .option('-d, --detach', 'do not wait until it is done')
    .action(
      build.act(async (session, name: string, options: RollbackOptions) => {
        const client = await session.client();
        const body = options.to === undefined ? {} : { revision: options.to };
        const deployment = await client.rollback(name, body);
        return showDeployment(session, { client, deployment, detach: options.detach === true });
      }),
    );
