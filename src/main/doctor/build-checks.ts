import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Check,
  type CheckContext,
  type Finding,
  probeScript,
  programVersion,
} from './check.ts';

export const buildChecks: readonly Check[] = [
  { name: 'skopeo', needed: true, look: skopeo },
  { name: 'buildah', needed: true, look: buildah },
  { name: 'erofs', needed: true, look: erofs },
];

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-doctor-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function finding(
  probe: { works: boolean; said: string },
  words: { version: string; ok: string; remedy: string },
): Finding {
  const { version, ok, remedy } = words;
  if (probe.works) return { state: 'ok', version, detail: ok };
  return { state: 'broken', version, detail: probe.said || 'it ended without a word', remedy };
}

async function skopeo(): Promise<Finding> {
  const version = await programVersion('skopeo', ['--version']);
  return { state: 'ok', version, detail: 'fetches images' };
}

/** A storage, an image and a mount of its own, in the namespaces that builds run in. */
const BUILDAH_PROBE = `unshare --pid --mount --fork --kill-child --mount-proc sh -ec '
buildah="buildah --root $1/root --runroot $1/run --storage-driver vfs"
name=$($buildah from scratch)
$buildah rm "$name"' sh "$1"`;

async function buildah({ signal }: CheckContext): Promise<Finding> {
  const version = await programVersion('buildah', ['--version']);
  const probe = await inFolder((folder) => probeScript(BUILDAH_PROBE, { args: [folder], signal }));
  return finding(probe, {
    version,
    ok: 'makes an image in namespaces of its own',
    remedy: 'run swarmd as root, where namespaces may be made',
  });
}

const EROFS_PROBE = `mkdir "$1/in" && echo x > "$1/in/x" && mkfs.erofs -zlz4 "$1/out" "$1/in" && mkfs.ext4 -q "$1/disk" 1M`;

async function erofs({ signal }: CheckContext): Promise<Finding> {
  const version = await programVersion('mkfs.erofs', ['--version']);
  const probe = await inFolder((folder) => probeScript(EROFS_PROBE, { args: [folder], signal }));
  return finding(probe, {
    version,
    ok: 'root file systems and disks can be made',
    remedy: 'apt-get install --reinstall -y erofs-utils e2fsprogs',
  });
}
