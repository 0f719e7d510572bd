/** The drives that are a machine's own: configuration and writable disk. */
import { open, statfs, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mustRun } from '../base/command.ts';
import { SwarmError } from '../base/errors.ts';
import { GUEST_CONFIG_MAGIC, type GuestConfig } from '../contracts/guest.ts';
import { machineErrors } from './errors.ts';

const BLOCK_BYTES = 4096;
const MIB = 1024 * 1024;
/** Below this a machine is not made: its disk is sparse, and would fail in the guest later. */
const RESERVE_BYTES = 64 * MIB;

/** Magic, JSON, NULs up to whole blocks. */
export function encodeConfigDrive(config: GuestConfig): Buffer {
  const content = Buffer.from(`${GUEST_CONFIG_MAGIC}${JSON.stringify(config)}`);
  const drive = Buffer.alloc(Math.ceil((content.length + 1) / BLOCK_BYTES) * BLOCK_BYTES);
  content.copy(drive);
  return drive;
}

/** Writes the configuration drive, readable by its owner only from its first byte on. */
export async function writeConfigDrive(path: string, config: GuestConfig): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(encodeConfigDrive(config));
  } finally {
    await handle.close();
  }
}

/** What the configuration drive says: the only place where a machine's token is kept. */
export async function readConfigDrive(path: string): Promise<GuestConfig> {
  const handle = await open(path, 'r');
  try {
    const text = (await handle.readFile()).toString('utf8');
    if (!text.startsWith(GUEST_CONFIG_MAGIC))
      throw new Error(`${path} is no configuration drive: its first bytes are others`);
    const end = text.indexOf('\0');
    return JSON.parse(text.slice(GUEST_CONFIG_MAGIC.length, end === -1 ? undefined : end));
  } finally {
    await handle.close();
  }
}

/**
 * Makes a sparse ext4 disk in a few milliseconds: inode tables and journal are not written, as a
 * new file reads as zeros anyway.
 * @throws host_disk_full, machine_create_failed
 */
export async function makeDisk(path: string, options: { diskMib: number }): Promise<void> {
  const free = await statfs(dirname(path));
  if (free.bavail * free.bsize < RESERVE_BYTES)
    throw machineErrors.host_disk_full(
      `Only ${Math.floor((free.bavail * free.bsize) / MIB)} MiB are free where machines are kept (${dirname(path)}); a new machine needs at least ${RESERVE_BYTES / MIB}.`,
    );
  const handle = await open(path, 'wx', 0o600);
  await handle.close();
  await truncate(path, options.diskMib * MIB);
  const zeroed = 'lazy_itable_init=1,lazy_journal_init=1,nodiscard,assume_storage_prezeroed=1';
  try {
    await mkfs(path, { diskMib: options.diskMib, extended: zeroed });
  } catch (error) {
    // assume_storage_prezeroed came with e2fsprogs 1.47; without it mkfs is slower, not wrong.
    if (!(error instanceof SwarmError) || !/Bad option|nvalid/.test(error.message)) throw error;
    const extended = 'lazy_itable_init=1,lazy_journal_init=1,nodiscard';
    await mkfs(path, { diskMib: options.diskMib, extended });
  }
}

async function mkfs(
  path: string,
  { diskMib, extended }: { diskMib: number; extended: string },
): Promise<void> {
  // Half of the smallest disk is more than mkfs allows for the journal.
  const journal = ['-J', `size=${diskMib < 64 ? 4 : 8}`];
  const args = ['-q', '-F', '-m', '0', ...journal, '-E', extended, path];
  // Debian keeps mkfs where the PATH of ordinary users does not look.
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
  await mustRun('mkfs.ext4', args, { env, timeoutMs: 30_000 });
}
