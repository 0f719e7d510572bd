import type { SwarmClient } from '../../contracts/client.ts';
import type { DeploymentResource } from '../../contracts/resources.ts';
import { EXIT } from '../exit-code.ts';
import type { Session } from '../session.ts';
import { followDeployment } from './follow-deployment.ts';

/** Follows a deployment to its end and says where the agent is; or only names it, when detached. */
export async function showDeployment(
  session: Session,
  shown: { client: SwarmClient; deployment: DeploymentResource; detach: boolean },
): Promise<number> {
  const { output } = session;
  const { client, deployment } = shown;
  if (shown.detach) {
    if (output.format === 'json') output.json(deployment);
    else output.line(deployment.id);
    output.note(`  → see it: swarm deployments follow ${deployment.id}`);
    return EXIT.ok;
  }
  const exitCode = await followDeployment(session, { client, deployment });
  if (exitCode !== EXIT.ok || output.format === 'json') return exitCode;
  const agent = await client.agent(deployment.agent);
  const { green } = output.errorColors;
  output.note(
    `${green('✓')} ${agent.name} runs revision ${agent.revision}: ${agent.replicas.healthy} of ${agent.replicas.desired} healthy`,
  );
  output.line(agent.url);
  return EXIT.ok;
}
