import type { MakeCommand } from '../commands.ts';
import { EXIT } from '../exit-code.ts';
import type { Session } from '../session.ts';

interface UpOptions {
  readonly detach?: boolean;
  readonly listen?: string;
}

export const up: MakeCommand = (build) =>
  build
    .command('up', 'Start swarmd: here, or with -d in the background')
    .option('-d, --detach', 'in the background; returns when it is ready')
    .option('--listen <host:port>', 'where it listens; else SWARM_LISTEN or 127.0.0.1:7700')
    .action(
      build.act(async (session, options: UpOptions) => {
        const { findRunningServer } = await import('../server/running-server.ts');
        const running = await findRunningServer(session.context);
        if (running === undefined && options.detach !== true) return runHere(session, options);
        const { startServer } = await import('../server/start-server.ts');
        const listen = options.listen === undefined ? {} : { listen: options.listen };
        const { client, alreadyRunning } = await startServer(session, listen);
        const { output } = session;
        if (output.format === 'json')
          output.json({ ...(await client.system()), url: client.connection.url, alreadyRunning });
        else {
          output.note(alreadyRunning ? 'swarmd runs already' : 'swarmd runs');
          output.line(client.connection.url);
          const { signInLinkIfAny } = await import('../dashboard/sign-in-link.ts');
          const link = await signInLinkIfAny(client);
          if (link !== undefined) output.note(`dashboard, for a minute: ${link.url}`);
          output.note('dashboard, at any time: swarm dashboard');
        }
        return EXIT.ok;
      }),
    );

/**
 * In the foreground: this very process becomes swarmd, so that it has the terminal, the signals and
 * the process id that whoever started us knows.
 */
async function runHere(session: Session, options: UpOptions): Promise<number> {
  session.output.note('sign in to the dashboard with: swarm dashboard');
  const { serverEnvironment } = await import('../server/start-server.ts');
  const listen = options.listen === undefined ? {} : { listen: options.listen };
  const environment = serverEnvironment(session, listen);
  if (process.execve === undefined) throw new Error('this Node.js cannot replace its process');
  process.execve(
    process.execPath,
    [process.execPath, session.context.wiring.swarmdPath],
    Object.fromEntries(
      Object.entries(environment).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    ),
  );
  return EXIT.failure; // Not reached.
}
