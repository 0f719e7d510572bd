import type { DeploymentPreview } from '../contracts/resources.ts';
import type { Store } from '../store/store.ts';
import type { DeployRequest } from './deploy.ts';

export async function previewDeployment(
  store: Store,
  { actor, manifest }: DeployRequest,
): Promise<DeploymentPreview> {
  const { name } = manifest.metadata;
  const agent = await store.agents.findByName(actor.workspaceId, name);
  return { agent: name, exists: agent !== undefined, changes: [], image: 'unknown until built' };
}
