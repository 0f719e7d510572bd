/** What a deployment would change, without changing anything. */
import { type AgentConfig, agentConfigFrom } from '../contracts/agent-config.ts';
import type { DeploymentPreview } from '../contracts/resources.ts';
import type { Source } from '../contracts/source.ts';
import type { Store } from '../store/store.ts';
import { canonicalJson } from './content-hash.ts';
import type { DeployRequest } from './deploy.ts';
import { manifestWords } from './manifest-words.ts';

type Change = DeploymentPreview['changes'][number];

/** One side of the comparison. */
export interface DeployedState {
  readonly replicas: number;
  readonly config: AgentConfig;
  readonly source: Source;
}

export async function previewDeployment(
  store: Store,
  { actor, manifest, source }: DeployRequest,
): Promise<DeploymentPreview> {
  const { name } = manifest.metadata;
  const agent = await store.agents.findByName(actor.workspaceId, name);
  const active = agent?.active ?? undefined;
  const revision = agent && active && (await store.revisions.find(agent.id, active.revision));
  const after = { replicas: manifest.spec.replicas, config: agentConfigFrom(manifest), source };
  const before = agent && revision && { ...revision, replicas: agent.replicas };
  return {
    agent: name,
    exists: agent !== undefined,
    changes: [...diffDeployed(before, after)],
    image: imageChange(before?.source, source),
  };
}

/** Differences in the words of agent.yaml, sorted by path. Pure. */
export function diffDeployed(
  before: DeployedState | undefined,
  after: DeployedState,
): readonly Change[] {
  const changes: Change[] = [];
  if (before?.replicas !== after.replicas)
    changes.push({
      path: 'spec.replicas',
      before: before?.replicas ?? null,
      after: after.replicas,
      effect: before === undefined ? 'machines' : 'live',
    });
  const old = before === undefined ? new Map<string, unknown>() : manifestWords(before.config);
  const now = manifestWords(after.config);
  for (const path of new Set([...old.keys(), ...now.keys()])) {
    const [was, is] = [old.get(path) ?? null, now.get(path) ?? null];
    if (canonicalJson(was) === canonicalJson(is)) continue;
    changes.push({ path, before: was, after: is, effect: 'machines' });
  }
  if (before === undefined || !sameSource(named(before.source), named(after.source)))
    changes.push({
      path: sourcePath(after.source),
      before: before === undefined ? null : describeSource(before.source),
      after: describeSource(after.source),
      effect: after.source.type === 'image' ? 'machines' : 'build',
    });
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The same name may mean other bytes by now, unless the name is a digest. */
function imageChange(before: Source | undefined, after: Source): DeploymentPreview['image'] {
  const pinned = after.type === 'image' && after.reference.includes('@sha256:');
  if (before === undefined) return pinned ? 'changes' : 'unknown until built';
  if (sameSource(before, after))
    return pinned || isUpload(after) ? 'unchanged' : 'unknown until built';
  return pinned ? 'changes' : 'unknown until built';
}

function isUpload(source: Source): boolean {
  return source.type === 'archive' || source.type === 'oci-layout' || source.type === 'folder';
}

/** A folder is uploaded anew each time: the same name may be other bytes, which `image` says. */
function named(source: Source): unknown {
  if (!isUpload(source) || !('name' in source) || source.name === undefined) return source;
  return { ...source, uploadId: undefined };
}

function sameSource(before: unknown, after: unknown): boolean {
  return canonicalJson(before) === canonicalJson(after);
}

function sourcePath({ type }: Source): string {
  if (type === 'git') return 'spec.git';
  return type === 'folder' ? 'spec.build' : 'spec.image';
}

function describeSource(source: Source): string {
  switch (source.type) {
    case 'image':
      return source.reference;
    case 'git':
      return [source.url, source.ref && `at ${source.ref}`, source.path && `in ${source.path}`]
        .filter(Boolean)
        .join(' ');
    default:
      return source.name ?? source.uploadId;
  }
}
