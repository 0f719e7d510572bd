import { chmod, chown, link, rm, stat } from 'node:fs/promises';
import { cloneFile } from '../base/files.ts';

/**
 * Lets a VMM with a uid of its own read a file that other machines use too, under a name in its
 * machine's folder. A hard link shares the file's owner and mode, and giving it to one machine's
 * uid would take it from the others: so a file is linked when anybody may read it (and only its
 * owner write it), and copied, sharing blocks where the file system can, when it is not, or lies on
 * another file system.
 */
export async function shareFile(from: string, to: string, reader: { uid: number }): Promise<void> {
  await rm(to, { force: true });
  const { mode, uid: owner } = await stat(from);
  if ((mode & 0o004) !== 0 && (mode & 0o022) === 0 && owner !== reader.uid) {
    try {
      await link(from, to);
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].includes(code)) throw error;
    }
  }
  await cloneFile(from, to);
  await chown(to, 0, reader.uid);
  await chmod(to, 0o440);
}
