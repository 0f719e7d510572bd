import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, link, lstat, mkdir, open, symlink, utimes } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { imageErrors } from './errors.ts';
import { type TarEntry, TarFormatError, tarEntries } from './tar-entries.ts';

export interface UnpackOptions {
  /** What to call the archive in messages. */
  readonly written: string;
  readonly signal: AbortSignal;
  /** Whether to leave out a path, which has no leading or trailing `/`. */
  readonly isIgnored?: (path: string) => boolean;
}

const MAX_ENTRIES = 500_000;
/** A small archive may unpack to this much: ten times the largest upload anybody should need. */
const MAX_BYTES = 20 * 1024 ** 3;
/** All files get one time, so that a layer cache sees content and not when a client copied it. */
const FILE_TIME = new Date('2020-01-01T00:00:00Z');

/**
 * Unpacks a tar, gzipped or not, that somebody sent. Files, folders and links inside `folder` are
 * written; anything else is refused: absolute paths, `..`, links that lead out, devices.
 * A file is never written through a link.
 * @throws folder_archive_invalid
 */
export async function unpackFolder(
  { archive, folder }: { archive: string; folder: string },
  options: UnpackOptions,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  let entries = 0;
  let bytes = 0;
  try {
    for await (const entry of tarEntries(await openTar(archive))) {
      options.signal.throwIfAborted();
      bytes += entry.bytes;
      if (++entries > MAX_ENTRIES || bytes > MAX_BYTES)
        throw refused(
          `${options.written} unpacks to more than ${MAX_ENTRIES} files or ${MAX_BYTES} bytes.`,
        );
      const path = safePath(entry.path, options.written);
      if (path === '.' || path.split('/').includes('.git') || options.isIgnored?.(path) === true)
        continue;
      await writeEntry({ entry, path, folder, written: options.written });
    }
  } catch (error) {
    if (error instanceof TarFormatError || isZlibError(error))
      throw imageErrors.folder_archive_invalid(
        `${options.written} is not a complete tar archive: ${(error as Error).message}.`,
        { cause: error },
      );
    throw error;
  }
}

async function openTar(path: string): Promise<AsyncIterable<Buffer>> {
  const file = await open(path);
  const start = Buffer.alloc(2);
  await file.read(start, 0, 2, 0);
  await file.close();
  const bytes = createReadStream(path, { highWaterMark: 1024 * 1024 });
  return start.equals(Buffer.from([0x1f, 0x8b])) ? bytes.compose(createGunzip()) : bytes;
}

function safePath(path: string, written: string): string {
  const parts = path.split('/');
  if (path.startsWith('/') || parts.includes('..') || path.includes('\0') || path === '')
    throw refused(
      `${written} has an entry outside the folder: ${JSON.stringify(path.slice(0, 200))}.`,
    );
  return normalize(path).replace(/\/$/, '');
}

async function writeEntry({
  entry,
  path,
  folder,
  written,
}: {
  entry: TarEntry;
  path: string;
  folder: string;
  written: string;
}): Promise<void> {
  const target = join(folder, path);
  const shown = JSON.stringify(path.slice(0, 200));
  await ensureRealFolder({ folder, path: dirname(path), written });
  if (entry.type === 'folder') {
    await ensureRealFolder({ folder, path, written });
    return;
  }
  if ((await lstat(target).catch(() => undefined)) !== undefined)
    throw refused(`${written} has two entries named ${shown}.`);
  if (entry.type === 'file') {
    await pipeline(Readable.from(entry.content()), createWriteStream(target, { flags: 'wx' }));
    await chmod(target, (entry.mode & 0o111) === 0 ? 0o644 : 0o755);
    await utimes(target, FILE_TIME, FILE_TIME);
  } else if (entry.type === 'symlink') {
    if (leadsOut(path, entry.linkTarget))
      throw refused(`${written} has a link that leads out of the folder: ${shown}.`);
    await symlink(entry.linkTarget, target);
  } else if (entry.type === 'hardlink') {
    const of = join(folder, safePath(entry.linkTarget, written));
    await ensureRealFolder({ folder, path: dirname(safePath(entry.linkTarget, written)), written });
    if ((await lstat(of).catch(() => undefined))?.isFile() !== true)
      throw refused(`${written} has a hard link to a file it does not contain: ${shown}.`);
    await link(of, target);
  } else throw refused(`${written} has an entry that is neither file, folder nor link: ${shown}.`);
}

/** Behind a name, which may be another link, `..` is nobody knows where. */
function leadsOut(path: string, target: string): boolean {
  const leadsTo = normalize(join(dirname(path), target));
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const name = parts.findIndex((part) => part !== '..');
  const goesBack = name !== -1 && parts.includes('..', name);
  return target.startsWith('/') || goesBack || leadsTo === '..' || leadsTo.startsWith('../');
}

/** Makes the folders of a path, and refuses one that is anything else, such as a link. */
async function ensureRealFolder({
  folder,
  path,
  written,
}: {
  folder: string;
  path: string;
  written: string;
}): Promise<void> {
  let at = folder;
  for (const part of path === '.' ? [] : path.split('/')) {
    at = join(at, part);
    const found = await lstat(at).catch(() => undefined);
    if (found === undefined) await mkdir(at);
    else if (!found.isDirectory())
      throw refused(`${written} has an entry below ${JSON.stringify(part)}, which is no folder.`);
  }
}

function refused(message: string) {
  return imageErrors.folder_archive_invalid(message);
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('Z_');
}
