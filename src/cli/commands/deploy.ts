import type { MakeCommand } from '../commands.ts';

export interface DeployArguments {
  readonly agent?: string;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
  readonly gitTokenFile?: string;
  readonly name?: string;
}

export const deploy: MakeCommand = (build) =>
  build
    .command('deploy', 'Deploy an agent: build or fetch its image, start it, shift its calls')
    .argument('[folder]', 'a folder with an agent.yaml, or with just the code')
    .option('--agent <file>', 'the agent.yaml; else the one in the folder')
    .option('--name <name>', 'for a folder without agent.yaml; else the name of the folder')
    .option('--dry-run', 'say what would change, and change nothing')
    .option('-d, --detach', 'do not wait until it is done')
    .option('--git-token-file <file>', 'token for a private repository; else SWARM_GIT_TOKEN')
    .addHelpText(
      'after',
      '\nCtrl-C lets go of a deployment: it goes on, and you are told how to see or cancel it.',
    )
    .action(
      build.act(async (session, folder: string | undefined, options: DeployArguments) => {
        const { runDeploy } = await import('../deployment/run-deploy.ts');
        return runDeploy(session, { folder, options });
      }),
    );
