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

/** `deploy to revision 3`. */
export function moveText({ kind, fromRevision, toRevision }: DeploymentResource): string {
  const from = fromRevision === null || fromRevision === toRevision ? '' : ` from ${fromRevision}`;
  const to = toRevision === null ? '' : `${from === '' ? ' of revision' : ' to'} ${toRevision}`;
  const word = { deploy: 'Deployment', rollback: 'Rollback', restart: 'Restart' }[kind];
  return `${word}${from}${to}`;
}
