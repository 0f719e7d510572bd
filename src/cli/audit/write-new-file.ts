import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { cliErrors } from '../errors.ts';

/** Writes a file that must not be there yet: evidence is never replaced by mistake. */
export async function writeNewFile(
  path: string,
  { cwd, text }: { cwd: string; text: string },
): Promise<void> {
  try {
    await writeFile(resolve(cwd, path), text, { flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST')
      throw cliErrors.file_exists(`${path} is there already`, { remedy: 'Name another file.' });
    throw cliErrors.file_unwritable(`${path} cannot be written`, { cause });
  }
}
