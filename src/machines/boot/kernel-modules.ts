/**
 * What guests need beyond what Debian's cloud kernel has built in. The drives and the network are
 * virtio devices, the rootfs is EROFS below an overlay; the random number device is a help to
 * guests whose CPU has none.
 */
export const GUEST_MODULES = [
  'virtio_mmio',
  'virtio_blk',
  'virtio_net',
  'erofs',
  'overlay',
  'virtio_rng',
] as const;

/** Modules that a machine can do without, when a kernel does not have them. */
export const OPTIONAL_MODULES: readonly string[] = ['virtio_rng'];

/** A module's name as the kernel compares it: file names may carry '-' for '_'. */
export function moduleName(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1);
  return file.replace(/\.ko(\.(gz|xz|zst))?$/, '').replaceAll('-', '_');
}

/** What a module's .modinfo section says it needs: `depends=a,b` and `softdep=pre: c`. */
export function moduleNeeds(content: Buffer): { hard: string[]; soft: string[] } {
  const text = content.toString('latin1');
  const hard = /(?:^|\0)depends=([\w,-]*)\0/.exec(text)?.[1] ?? '';
  const soft = /(?:^|\0)softdep=pre: ([\w -]*)\0/.exec(text)?.[1] ?? '';
  const names = (list: string, separator: string) =>
    list
      .split(separator)
      .filter((name) => name !== '')
      .map((name) => name.replaceAll('-', '_'));
  return { hard: names(hard, ','), soft: names(soft, ' ') };
}

export interface ModuleSource {
  /** The module's content, decompressed; undefined when the kernel has no such file. */
  readonly read: (name: string) => Promise<Buffer | undefined>;
  readonly builtIn: ReadonlySet<string>;
}

export interface OrderedModule {
  readonly name: string;
  readonly content: Buffer;
}

/**
 * Puts the wanted modules and all they need into an order in which they can be loaded.
 * @returns the modules, and the wanted or needed ones that are neither built in nor files.
 */
export async function orderModules(
  wanted: readonly string[],
  source: ModuleSource,
): Promise<{ modules: OrderedModule[]; missing: string[] }> {
  const modules: OrderedModule[] = [];
  const missing: string[] = [];
  const seen = new Set<string>();
  const visit = async (name: string, required: boolean): Promise<void> => {
    if (seen.has(name) || source.builtIn.has(name)) return;
    seen.add(name);
    const content = await source.read(name);
    if (content === undefined) {
      if (required) missing.push(name);
      return;
    }
    const needs = moduleNeeds(content);
    for (const soft of needs.soft) await visit(soft, false);
    for (const hard of needs.hard) await visit(hard, true);
    modules.push({ name, content });
  };
  for (const name of wanted) await visit(name, true);
  return { modules, missing };
}
