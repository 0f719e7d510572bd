import type { MakeCommand } from '../commands.ts';
import { cliErrors } from '../errors.ts';
import { EXIT } from '../exit-code.ts';

/** Machines that stop with swarmd get their drain and kill timeouts. */
const STOP_TIMEOUT_MS = 30_000;
const STOP_WITH_MACHINES_TIMEOUT_MS = 10 * 60_000;

export const down: MakeCommand = (build) =>
  build
    .command('down', 'Stop swarmd; machines run on and are taken up at its next start')
    .option('--machines', 'stop all machines too')
    .action(
      build.act(async (session, { machines }: { machines?: boolean }) => {
        const { output, context, signal } = session;
        const { readSwarmdFile } = await import('../../contracts/client.ts');
        const { findRunningServer } = await import('../server/running-server.ts');
        const { isAlive } = await import('../../base/process-identity.ts');
        const { waitUntil } = await import('../../base/wait.ts');
        const say = (text: string, stopped: boolean) =>
          output.format === 'json' ? output.json({ stopped }) : output.note(text);
        const running = await findRunningServer(context);
        // One that lives but does not answer is of this home, whatever SWARM_URL names.
        const server = running ? running.process : await readSwarmdFile(context.home);
        if (server === undefined || !isAlive(server)) {
          if (running !== undefined) {
            await running.client.stopSystem({ machines: machines === true });
            say('swarmd is told to stop', true);
          } else say('swarmd does not run', false);
          return EXIT.ok;
        }
        if (running === undefined && machines === true)
          output.note('swarmd does not answer: its machines stay');
        if (running !== undefined) await running.client.stopSystem({ machines: machines === true });
        else process.kill(server.pid, 'SIGTERM');
        const timeoutMs = machines === true ? STOP_WITH_MACHINES_TIMEOUT_MS : STOP_TIMEOUT_MS;
        const gone = await waitUntil(() => !isAlive(server), {
          timeoutMs,
          intervalMs: 50,
          signal,
        });
        if (gone === undefined)
          throw cliErrors.swarmd_stop_failed(
            `swarmd (pid ${server.pid}) did not end within ${timeoutMs / 1000} s`,
            {
              remedy: `See ${context.home}/swarmd.log; end it with: kill -9 ${server.pid}`,
            },
          );
        say(
          machines === true
            ? 'swarmd and all machines are stopped'
            : 'swarmd is stopped; machines run on',
          true,
        );
        return EXIT.ok;
      }),
    );
