import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { agentName, manifest as manifestSchema } from '../../contracts/manifest.ts';
import { cliErrors } from '../errors.ts';
import { readManifestFile } from '../manifest/manifest-file.ts';
import type { ManifestSource } from '../source/local-source.ts';

export interface Wanted {
  readonly cwd: string;
  readonly folder: string | undefined;
  /** --agent */
  readonly agent: string | undefined;
  /** --name */
  readonly name: string | undefined;
}

/**
 * The agent.yaml that was named, the one in the folder that was named, the one here, or for a folder
 * without any: a manifest that says no more than "build this".
 */
export async function findManifest(wanted: Wanted): Promise<ManifestSource> {
  const { cwd, folder, agent, name } = wanted;
  if (agent !== undefined && folder !== undefined)
    throw cliErrors.usage('a folder and --agent were both given', {
      remedy: 'Keep one: agent.yaml says itself which folder to build.',
    });
  if (agent !== undefined) return withoutName(await readManifestFile(agent, cwd), name);
  if (folder === undefined) return withoutName(await readManifestFile('agent.yaml', cwd), name);
  const info = await stat(resolve(cwd, folder)).catch(() => undefined);
  if (info === undefined)
    throw cliErrors.source_not_found(`there is no folder ${folder}`, {
      remedy: 'For an image or a Git repository write an agent.yaml: swarm init --image NAME',
    });
  if (!info.isDirectory()) return withoutName(await readManifestFile(folder, cwd), name);
  const inside = join(folder, 'agent.yaml');
  if (await stat(resolve(cwd, inside)).catch(() => undefined))
    return withoutName(await readManifestFile(inside, cwd), name);
  return bareFolder(resolve(cwd, folder), name);
}

function withoutName(found: ManifestSource, name: string | undefined): ManifestSource {
  if (name === undefined || name === found.manifest.metadata.name) return found;
  throw found.problemAt(
    ['metadata', 'name'],
    `metadata.name: --name ${name} says something else`,
    'Change the name here, or leave --name out.',
  );
}

/** `My_Agent 2` → `my-agent-2`; '' when nothing is left. */
export function nameFrom(folder: string): string {
  return basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
}

function bareFolder(folder: string, given: string | undefined): ManifestSource {
  const name = given ?? nameFrom(folder);
  const parsed = agentName.safeParse(name);
  if (!parsed.success)
    throw cliErrors.usage(
      `${given === undefined ? `no name can be made of the folder "${basename(folder)}"` : `"${name}" is no name for an agent`}: ${parsed.error.issues[0]?.message ?? ''}`,
      { remedy: 'Give one: --name my-agent' },
    );
  const manifest = manifestSchema.parse({
    apiVersion: 'swarm/v1',
    kind: 'Agent',
    metadata: { name },
    spec: { build: '.' },
  });
  return { manifest, folder, problemAt: (_path, message) => cliErrors.source_not_found(message) };
}
