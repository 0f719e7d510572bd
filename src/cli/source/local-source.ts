import { stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import type { Manifest } from '../../contracts/manifest.ts';
import type { BuildOptions, Source } from '../../contracts/source.ts';

/** What must be sent before the source can be named: a file as it is, or a folder as a tar archive. */
export type LocalSource =
  | { readonly type: 'ready'; readonly source: Source }
  | { readonly type: 'archive'; readonly path: string; readonly name: string }
  | { readonly type: 'oci-layout'; readonly path: string; readonly name: string }
  | {
      readonly type: 'folder';
      readonly path: string;
      readonly name: string;
      readonly build: BuildOptions;
    };

/** Points at a key of agent.yaml. */
export type ProblemAt = (path: readonly string[], message: string, remedy?: string) => Error;

export interface ManifestSource {
  readonly manifest: Manifest;
  /** Absolute; what paths are relative to. */
  readonly folder: string;
  readonly problemAt: ProblemAt;
}

/** Where the image comes from, with local paths looked at. @throws manifest_invalid */
export async function localSource(from: ManifestSource): Promise<LocalSource> {
  const { image, git, build } = from.manifest.spec;
  if (image !== undefined) return imageSource(from, image);
  if (git !== undefined) {
    if (typeof git === 'string') return ready({ type: 'git', url: git });
    const { url, ref, path, ...rest } = git;
    const options = defined(rest);
    const hasOptions = Object.keys(options).length > 0;
    return ready({
      type: 'git',
      url,
      ...(ref !== undefined && { ref }),
      ...(path !== undefined && { path: path.replace(/^\.\//, '') }),
      ...(hasOptions && { build: options }),
    });
  }
  if (build === undefined) return folderSource(from, { context: '.', options: {}, at: ['spec'] });
  if (typeof build === 'string')
    return folderSource(from, { context: build, options: {}, at: ['spec', 'build'] });
  const { context, ...options } = build;
  return folderSource(from, {
    context,
    options: defined(options),
    at: ['spec', 'build', 'context'],
  });
}

function ready(source: Source): LocalSource {
  return { type: 'ready', source };
}

/** Without the keys whose value is undefined. */
function defined(
  options: { [Key in keyof BuildOptions]: BuildOptions[Key] | undefined },
): BuildOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as BuildOptions;
}

const AT_IMAGE = ['spec', 'image'] as const;

async function imageSource(from: ManifestSource, image: string): Promise<LocalSource> {
  const archive = /^(?:docker-archive|oci-archive):(.+)$/.exec(image)?.[1];
  const layout = /^oci:([^:]+)(?::.*)?$/.exec(image)?.[1];
  const looksLikePath = /^(\.{0,2}\/|~\/)|\.(tar|tgz|tar\.(gz|xz|zst))$/.test(image);
  const written = archive ?? layout ?? (looksLikePath ? image : undefined);
  if (written === undefined) return ready({ type: 'image', reference: image });
  const path = resolve(from.folder, written);
  const info = await stat(path).catch(() => undefined);
  if (info === undefined)
    throw from.problemAt(AT_IMAGE, `spec.image: there is no file or folder ${path}`, PATHS_REMEDY);
  if (info.isFile() && layout === undefined) return { type: 'archive', path, name: written };
  if (info.isFile())
    throw from.problemAt(
      AT_IMAGE,
      `spec.image: ${written} is a file; oci: names the folder of an OCI layout`,
      `For an archive write docker-archive:${written}`,
    );
  if (await stat(join(path, 'oci-layout')).catch(() => undefined))
    return { type: 'oci-layout', path, name: written };
  throw from.problemAt(
    AT_IMAGE,
    `spec.image: the folder ${written} is not an OCI layout: it has no file "oci-layout"`,
    `To build the folder, write build: ${written}`,
  );
}

const PATHS_REMEDY = 'Paths are relative to the file itself.';

async function folderSource(
  from: ManifestSource,
  wanted: { context: string; options: BuildOptions; at: readonly string[] },
): Promise<LocalSource> {
  const path = resolve(from.folder, wanted.context);
  const key = wanted.at.join('.');
  const info = await stat(path).catch(() => undefined);
  if (info === undefined)
    throw from.problemAt(wanted.at, `${key}: there is no folder ${path}`, PATHS_REMEDY);
  if (!info.isDirectory())
    throw from.problemAt(wanted.at, `${key}: ${path} is not a folder`, 'Name the folder it is in.');
  const { dockerfile } = wanted.options;
  if (dockerfile === undefined) return { type: 'folder', path, name: path, build: wanted.options };
  const inside = relative(path, resolve(path, dockerfile));
  const at = ['spec', 'build', 'dockerfile'];
  if (inside.startsWith('..') || isAbsolute(inside))
    throw from.problemAt(
      at,
      `spec.build.dockerfile: ${dockerfile} lies outside of the folder ${path}`,
    );
  if ((await stat(join(path, inside)).catch(() => undefined))?.isFile() !== true)
    throw from.problemAt(
      at,
      `spec.build.dockerfile: there is no file ${join(path, inside)}`,
      'Its path is relative to the folder that is built.',
    );
  return { type: 'folder', path, name: path, build: { ...wanted.options, dockerfile: inside } };
}
