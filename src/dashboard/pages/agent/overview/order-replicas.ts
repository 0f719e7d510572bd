import type { ReplicaResource } from '../../../../contracts/resources.ts';

/** Those that do not serve first, each by its number: among many they would not be found. */
export function orderReplicas(replicas: readonly ReplicaResource[]): readonly ReplicaResource[] {
  const serves = ({ machine }: ReplicaResource) => Number(machine?.state === 'healthy');
  return replicas.toSorted((a, b) => serves(a) - serves(b) || a.number - b.number);
}
