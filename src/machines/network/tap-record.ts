/** What was made for a machine, kept in its folder. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readTextIfThere, writeFileAtomic } from '../../base/files.ts';

const record = z.object({
  version: z.literal(1),
  namespace: z.string(),
  /** First address of the link. */
  link: z.number().int().nonnegative(),
  ports: z.array(z.number().int()),
  ownerUid: z.number().int().optional(),
});
export type TapRecord = z.infer<typeof record>;

function recordPath(folder: string): string {
  return join(folder, 'network.json');
}

/** Written when the network is complete. */
export async function writeTapRecord(folder: string, made: TapRecord): Promise<void> {
  await writeFileAtomic(recordPath(folder), `${JSON.stringify(made)}\n`);
}

/** Undefined when there is none, or none that we wrote: the network is made anew then. */
export async function readTapRecord(folder: string): Promise<TapRecord | undefined> {
  const text = await readTextIfThere(recordPath(folder));
  try {
    return text === undefined ? undefined : record.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export async function removeTapRecord(folder: string): Promise<void> {
  await rm(recordPath(folder), { force: true });
}
