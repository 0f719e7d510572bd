/** What lies in the audit folder for everybody who verifies: the key, checkpoints and tiles. */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isoTime } from '../base/clock.ts';
import type { AuditStatus } from '../contracts/audit-status.ts';

/** As C2SP tlog-tiles writes them: anything else is not a path of ours, and never one outside. */
const PUBLISHED = /^(checkpoint|tile\/\d{1,2}\/(x\d{3}\/)*\d{3}(\.p\/\d{1,3})?)$/;

/** undefined: there is no such file. */
export async function readPublished(
  workspaceDir: string,
  path: string,
): Promise<Uint8Array | undefined> {
  return PUBLISHED.test(path) ? readIfThere(join(workspaceDir, path)) : undefined;
}

/** The line of key.pub; undefined: there is no key yet. */
export async function readPublicKey(dir: string): Promise<string | undefined> {
  return (await readIfThere(join(dir, 'key.pub')))?.toString('utf8').trim();
}

/** First line of a workspace's checkpoints. */
export function originOf(publicKey: string, workspaceId: string): string {
  return `${publicKey.split('+', 1)[0]}/${workspaceId}`;
}

/** Size and root that a checkpoint speaks of; null: it is none. */
export function parseCheckpoint(
  text: string | undefined,
): { readonly size: number; readonly root: string } | null {
  const [, size = '', root = ''] = text?.split('\n', 3) ?? [];
  return /^\d{1,15}$/.test(size) && root !== '' ? { size: Number(size), root } : null;
}

/** The published one, with the time at which its file was written; null: there is none. */
export async function readCheckpoint(workspaceDir: string): Promise<AuditStatus['checkpoint']> {
  return unlessMissing(async () => {
    const handle = await open(join(workspaceDir, 'checkpoint'));
    try {
      const { mtimeMs } = await handle.stat();
      const said = parseCheckpoint(await handle.readFile('utf8'));
      return said && { ...said, time: isoTime(mtimeMs) };
    } finally {
      await handle.close();
    }
  }).then((found) => found ?? null);
}

const readIfThere = (path: string) => unlessMissing(() => readFile(path));

async function unlessMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  }
}
