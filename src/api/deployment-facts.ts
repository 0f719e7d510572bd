/** What the audit log is told of deployments: small, and without values that may be secret. */
import type { DeploymentPreview, DeploymentResource } from '../contracts/resources.ts';
import type { Source } from '../contracts/source.ts';
import type { Told } from './endpoint.ts';

export function moveOf({ id, agent, kind, fromRevision, toRevision }: DeploymentResource): Told {
  return {
    agent,
    before: { revision: fromRevision },
    after: { revision: toRevision },
    attributes: { deployment: id, move: kind },
  };
}

/** Settings whose values say what changes and cannot hold a secret. */
const SHOWN = /^spec\.(replicas|image|port|resources|restart|deploy|audit|concurrency)\b/;
const MAX_CHANGES = 40;
const MAX_CHARACTERS = 200;

/** Which settings change; their values where those are shown to anybody. */
export function changesOf({ changes }: DeploymentPreview) {
  return changes.slice(0, MAX_CHANGES).map(({ path, before, after }) => ({
    path: path.slice(0, MAX_CHARACTERS),
    ...(SHOWN.test(path) && { before: short(before), after: short(after) }),
  }));
}

function short(value: unknown): string | number | boolean | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, MAX_CHARACTERS);
}

/** A Git URL may hold a password: only where it leads is told. */
export function describeSource(source: Source) {
  if (source.type === 'image') return { type: source.type, reference: source.reference };
  return { type: source.type };
}
