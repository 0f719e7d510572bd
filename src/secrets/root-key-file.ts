import { open, readdir, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeFileAtomic } from '../base/files.ts';
import { secretErrors } from './errors.ts';
import { formatRootKeys, parseRootKeys, type RootKey } from './root-key.ts';

const MAX_FILE_BYTES = 16_384;

/**
 * The keys of the file, the current one first; undefined when there is none.
 * @throws root_key_unreadable, root_key_too_open
 */
export async function readRootKeys(path: string): Promise<readonly RootKey[] | undefined> {
  const text = await readPrivate(path);
  if (text === undefined) return undefined;
  const parsed = parseRootKeys(text);
  if ('keys' in parsed) return parsed.keys;
  throw secretErrors.root_key_unreadable(`The root key ${path} cannot be read: ${parsed.fault}.`);
}

async function readPrivate(path: string): Promise<string | undefined> {
  const unreadable = (why: string, cause?: unknown) =>
    secretErrors.root_key_unreadable(`The root key ${path} cannot be read: ${why}.`, { cause });
  try {
    await using file = await open(path, 'r');
    const facts = await file.stat();
    if (!facts.isFile()) throw unreadable('it is not a file');
    const mode = facts.mode & 0o777;
    if ((mode & 0o077) !== 0)
      throw secretErrors.root_key_too_open(
        `The root key ${path} can be reached by other users: its mode is 0${mode.toString(8)}, not 0600.`,
      );
    if (facts.size > MAX_FILE_BYTES) throw unreadable(`it has more than ${MAX_FILE_BYTES} bytes`);
    return await file.readFile('utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === undefined || code.startsWith('root_key')) throw error;
    throw unreadable(`${code}`, error);
  }
}

/**
 * Durable when it resolves, the folder's entry too: what is committed afterwards may rely on it.
 * @throws root_key_unwritable
 */
export async function writeRootKeys(path: string, keys: readonly RootKey[]): Promise<void> {
  try {
    // A link to where keys are kept stays one.
    const target = await realpath(path).catch(() => path);
    await writeFileAtomic(target, formatRootKeys(keys), { mode: 0o600 });
    await using folder = await open(dirname(target), 'r');
    await folder.sync();
  } catch (cause) {
    throw secretErrors.root_key_unwritable(`The root key ${path} could not be written.`, { cause });
  }
}

/** What a crash left of a file that was being written: it may hold a key that nothing needs. */
export async function removeHalfWritten(path: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const name = basename(target);
  for (const entry of await readdir(dirname(target)))
    if (entry.startsWith(`${name}.`) && entry.endsWith('.tmp'))
      await rm(join(dirname(target), entry), { force: true });
}
