import { access, mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { MakeCommand } from '../commands.ts';
import { cliErrors } from '../errors.ts';

interface InitOptions {
  readonly name?: string;
  readonly image?: string;
  readonly git?: string;
  readonly force?: boolean;
}

export const init: MakeCommand = (build) =>
  build
    .command('init', 'Write an agent.yaml to begin with')
    .argument('[folder]', 'the folder of the agent', '.')
    .option('--name <name>', 'name of the agent; else that of the folder')
    .option('--image <reference>', 'for an image that is there already')
    .option('--git <url>', 'for a Git repository')
    .option('--force', 'replace an agent.yaml that is there')
    .action(
      build.act(async ({ context, output }, folder: string, options: InitOptions) => {
        const { agentName } = await import('../../contracts/manifest.ts');
        const { nameFrom } = await import('../deployment/find-manifest.ts');
        if (options.image !== undefined && options.git !== undefined)
          throw cliErrors.usage('--image and --git were both given', { remedy: 'Keep one.' });
        const target = resolve(context.cwd, folder);
        const name = options.name ?? (nameFrom(target) || 'my-agent');
        if (!agentName.safeParse(name).success)
          throw cliErrors.usage(`"${name}" is no name for an agent`, {
            remedy: 'Use 1 to 40 lower-case letters, digits and "-": --name my-agent',
          });
        const path = join(target, 'agent.yaml');
        const schema = join(context.wiring.root, 'docs/agent.schema.json');
        const text = manifestText({
          name,
          schema,
          source: sourceLines(options, await hasDockerfile(target)),
        });
        await mkdir(target, { recursive: true });
        await writeFile(path, text, { flag: options.force === true ? 'w' : 'wx' }).catch(
          (cause) => {
            if (cause.code === 'EEXIST') throw cliErrors.file_exists(`${path} is there already`);
            throw cause;
          },
        );
        if (output.format === 'json') output.json({ path, name });
        else output.note(`${basename(path)} is written: ${path}\n  → swarm deploy --agent ${path}`);
        return 0;
      }),
    );

async function hasDockerfile(folder: string): Promise<boolean> {
  return access(join(folder, 'Dockerfile')).then(
    () => true,
    () => false,
  );
}

function sourceLines(options: InitOptions, dockerfile: boolean): string {
  if (options.image !== undefined) return `  image: ${JSON.stringify(options.image)}\n`;
  if (options.git !== undefined)
    return `  git:\n    url: ${JSON.stringify(options.git)}\n    # ref: main\n    # path: folder/inside\n`;
  const how = dockerfile
    ? 'with its Dockerfile'
    : 'without a Dockerfile: Python and Node.js are found out';
  return `  # This folder, ${how}.\n  build: .\n`;
}

/** An agent.yaml with what people change first; what is commented out is the default. */
export function manifestText(about: { name: string; schema: string; source: string }): string {
  return `# yaml-language-server: $schema=${about.schema}
apiVersion: swarm/v1
kind: Agent
metadata:
  name: ${about.name}
spec:
${about.source}  # port: 8080          # where the agent listens; also given to it as PORT
  replicas: 1
  # env:
  #   LOG_LEVEL: info
  resources:
    cpus: 1
    memory: 512MiB
  # health:
  #   path: /healthz      # HTTP; without it, that the port answers is enough
`;
}
