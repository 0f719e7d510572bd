/** C2SP tlog-checkpoint: what the log's key says of a whole workspace's log. */
import { openNote, type VerifierKey } from './signed-note.ts';

export interface Checkpoint {
  readonly size: number;
  readonly root: Buffer;
}

export function checkpointOrigin(key: VerifierKey, workspaceId: string): string {
  return `${key.name}/${workspaceId}`;
}

/** The three lines that are signed. */
export function checkpointText(origin: string, { size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/**
 * @returns what is wrong, in words that follow "the checkpoint", instead of a checkpoint that does
 * not hold
 */
export function openCheckpoint(
  note: string,
  expected: { readonly key: VerifierKey; readonly origin: string },
): Checkpoint | { readonly fault: string } {
  const opened = openNote(note, expected.key);
  if (opened === undefined) return { fault: `is not signed by ${expected.key.name}` };
  const lines = opened.text.split('\n');
  const [origin, size, root] = lines;
  if (origin !== expected.origin) return { fault: `is of another log: ${JSON.stringify(origin)}` };
  const bytes = Buffer.from(root ?? '', 'base64');
  if (!/^(0|[1-9]\d{0,15})$/.test(size ?? '') || bytes.length !== 32)
    return { fault: 'has no size and root hash' };
  return { size: Number(size), root: bytes };
}
