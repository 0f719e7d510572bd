import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { MakeCommand } from '../commands.ts';
import { EXIT } from '../exit-code.ts';
import type { Session } from '../session.ts';

const NAME = 'support-desk';
const TICKET = { ticket: 'I was charged twice for my order. ada@example.com' };

export const demo: MakeCommand = (build) =>
  build
    .command(
      'demo',
      'Start swarmd, deploy an example agent into a microVM, call it, and show the audited call',
    )
    .action(build.act(async (session) => runDemo(session)));

async function runDemo(session: Session): Promise<number> {
  const { output, context } = session;
  const { bold, green } = output.errorColors;
  const { startServer } = await import('../server/start-server.ts');
  const { runDeploy } = await import('../deployment/run-deploy.ts');
  const { runInvoke } = await import('../invoke/run-invoke.ts');

  output.note(bold('1. Start swarmd'));
  const server = await startServer(session);
  const system = await server.client.system();
  output.note(
    `${green('✓')} swarmd at ${server.client.connection.url}, machines by ${system.driver} (${system.acceleration})`,
  );

  output.note(bold(`\n2. Deploy examples/${NAME}`));
  const agent = join(context.wiring.root, 'examples', NAME, 'demo.yaml');
  const deployed = await runDeploy(session, { folder: undefined, options: { agent } });
  if (deployed !== EXIT.ok) return deployed;

  const json = JSON.stringify(TICKET);
  output.note(bold('\n3. Call it through the gateway'));
  output.note(`$ ${programName(context)} invoke ${NAME} --json '${json}'`);
  const answered = await runInvoke(session, { name: NAME, path: '/', options: { json } });
  if (answered !== EXIT.ok) return answered;

  output.note(bold('\n4. Find the call in the audit log, as a run'));
  const { showAuditedCall } = await import('../audit/show-audited-call.ts');
  await showAuditedCall(session, { agent: NAME, swarm: programName(context) });

  const { signInLinkIfAny } = await import('../dashboard/sign-in-link.ts');
  const link = await signInLinkIfAny(server.client);
  if (link !== undefined)
    output.note(
      `\n${bold('See all of it in the dashboard')} (the link is good once, for a minute)\n  ${link.url}`,
    );
  output.note(`\n${bold('Next')}\n${nextSteps(programName(context))}`);
  return EXIT.ok;
}

/** As it is typed here: `swarm` when it is on PATH. */
function programName({ env }: Session['context']): string {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.some((folder) => existsSync(join(folder, 'swarm'))) ? 'swarm' : './swarm';
}

function nextSteps(swarm: string): string {
  const steps = [
    ['dashboard', 'all of this in the browser, signed in'],
    [`status ${NAME} --watch`, 'its machines'],
    [`logs ${NAME} -f`, 'its calls and changes, from the audit log'],
    [`logs ${NAME} --stdout -f`, 'what it prints'],
    ['audit verify', 'nobody has changed the log'],
    [`invoke ${NAME} /stream --stream --json '{"ticket": "The API is down"}'`, ''],
    [`scale ${NAME} --replicas 2`, 'a second machine'],
    [`exec ${NAME} -it -- sh`, 'look around in its machine'],
    ['init FOLDER', 'begin with an agent of your own'],
    ['deploy FOLDER', 'run it'],
    [`delete ${NAME}`, 'clean up, and then'],
    ['down', 'stop swarmd'],
  ];
  return steps
    .map(([command = '', why = '']) => `  ${swarm} ${command.padEnd(34)}${why}`.trimEnd())
    .join('\n');
}
