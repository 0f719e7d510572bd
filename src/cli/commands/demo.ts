import { join } from 'node:path';
import type { MakeCommand } from '../commands.ts';
import { EXIT } from '../exit-code.ts';
import type { Session } from '../session.ts';

const NAME = 'support-desk';
const TICKET = { ticket: 'I was charged twice for my order. ada@example.com' };

export const demo: MakeCommand = (build) =>
  build
    .command('demo', 'Start swarmd, deploy an example agent into a microVM, and call it')
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
  const agent = join(context.wiring.root, 'examples', NAME, 'agent.yaml');
  const deployed = await runDeploy(session, { folder: undefined, options: { agent } });
  if (deployed !== EXIT.ok) return deployed;

  const json = JSON.stringify(TICKET);
  output.note(bold('\n3. Call it through the gateway'));
  output.note(`$ swarm invoke ${NAME} --json '${json}'`);
  const answered = await runInvoke(session, { name: NAME, path: '/', options: { json } });
  if (answered !== EXIT.ok) return answered;

  output.note(`
${bold('Next')}
  swarm status ${NAME} --watch          its machines
  swarm logs ${NAME} -f                 what it prints
  swarm invoke ${NAME} /stream --stream --json '{"ticket": "The API is down"}'
  swarm scale ${NAME} --replicas 2      a second machine
  swarm exec ${NAME} -it -- sh          look around in its machine
  swarm init && swarm deploy              an agent of your own
  swarm delete ${NAME} && swarm down    clean up`);
  return EXIT.ok;
}
