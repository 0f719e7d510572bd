import type { DeploymentResource } from '../../../../contracts/resources.ts';
import { Badge } from '../../../ui/badge.tsx';

const TONES = {
  pending: 'info',
  running: 'info',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'warn',
} as const;

export function DeploymentState({ state }: Pick<DeploymentResource, 'state'>) {
  return <Badge tone={TONES[state]}>{state}</Badge>;
}

/** `Rollback to revision 3`. */
export function moveText({ kind, toRevision }: DeploymentResource): string {
  const word = { deploy: 'Deployment', rollback: 'Rollback', restart: 'Restart' }[kind];
  if (toRevision === null) return word;
  return `${word} ${kind === 'rollback' ? 'to' : 'of'} revision ${toRevision}`;
}
