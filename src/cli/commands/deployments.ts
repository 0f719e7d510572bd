import type { Command } from 'commander';
import type { DeploymentResource } from '../../contracts/resources.ts';
import { allPages } from '../all-pages.ts';
import type { MakeCommand } from '../commands.ts';
import { showDeployment } from '../deployment/show-deployment.ts';
import { wholeNumber } from '../options.ts';
import { stateText } from '../output/resource-text.ts';
import { ageText, durationText, printable } from '../output/text.ts';
import type { CommandBuilder, Session } from '../session.ts';

export const deployments: MakeCommand = (build) =>
  build
    .command('deployments', 'List, follow and cancel deployments')
    .addCommand(list(build), { isDefault: true })
    .addCommand(follow(build))
    .addCommand(cancel(build));

function list(build: CommandBuilder): Command {
  return build
    .command('list', 'List deployments, newest first')
    .argument('[name]', 'only those of this agent')
    .option('--limit <n>', 'at most so many', wholeNumber({ min: 1, max: 10_000 }), 20)
    .action(
      build.act(async (session, name: string | undefined, { limit }: { limit: number }) => {
        const api = await session.client();
        const items = await allPages(
          (page) => api.deployments({ ...page, ...(name !== undefined && { agent: name }) }),
          limit,
        );
        if (session.output.format === 'json') session.output.json(items);
        else printTable(session, items);
        return 0;
      }),
    );
}

function printTable({ output }: Session, items: readonly DeploymentResource[]): void {
  const nowMs = Date.now();
  output.table(
    ['ID', 'AGENT', 'KIND', 'STATE', 'REVISION', 'TOOK', 'AGE', 'ERROR'],
    items.map((one) => {
      const createdMs = Date.parse(one.createdAt);
      const endMs = one.finishedAt === null ? nowMs : Date.parse(one.finishedAt);
      return [
        one.id,
        one.agent,
        one.kind,
        stateText(one.state, output.colors),
        `${one.fromRevision ?? '-'} → ${one.toRevision ?? '-'}`,
        durationText(endMs - createdMs),
        ageText(createdMs, nowMs),
        printable(one.error?.code ?? ''),
      ];
    }),
  );
}

function follow(build: CommandBuilder): Command {
  return build
    .command('follow', 'Show a deployment until it has finished')
    .argument('<id>', 'the deployment')
    .action(
      build.act(async (session, id: string) => {
        const client = await session.client();
        const deployment = await client.deployment(id);
        return showDeployment(session, { client, deployment, detach: false });
      }),
    );
}

function cancel(build: CommandBuilder): Command {
  return build
    .command('cancel', 'Cancel a deployment; what ran before runs on')
    .argument('<id>', 'the deployment')
    .action(
      build.act(async ({ output, client }, id: string) => {
        const deployment = await (await client()).cancelDeployment(id);
        if (output.format === 'json') output.json(deployment);
        else
          output.note(
            `${id}: ${deployment.state === 'cancelled' ? 'cancelled' : 'is being cancelled'}`,
          );
        return 0;
      }),
    );
}
