import type { RevisionResource } from '../../../contracts/resources.ts';

type Config = RevisionResource['config'];

export function activeRevision(
  revisions: readonly RevisionResource[] | undefined,
): RevisionResource | undefined {
  return revisions?.find(({ active }) => active);
}

/** What the machines of the active revision have. */
export function activeResources(
  revisions: readonly RevisionResource[] | undefined,
): { readonly cpus: number; readonly memoryMib: number } | undefined {
  const config = activeRevision(revisions)?.config;
  const cpus = numberAt(config, 'resources', 'cpus');
  const memoryMib = numberAt(config, 'resources', 'memoryMib');
  return cpus === undefined || memoryMib === undefined ? undefined : { cpus, memoryMib };
}

/** Part of a configuration that is an object; `{}` where there is none. */
export function partOf(
  config: Config | undefined,
  name: string,
): Readonly<Record<string, unknown>> {
  const part = config?.[name];
  return typeof part === 'object' && part !== null ? (part as Record<string, unknown>) : {};
}

function numberAt(config: Config | undefined, part: string, name: string): number | undefined {
  const value = partOf(config, part)[name];
  return typeof value === 'number' ? value : undefined;
}
