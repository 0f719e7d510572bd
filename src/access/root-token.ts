import { chmod, stat } from 'node:fs/promises';
import { readTextIfThere, writeFileAtomic } from '../base/files.ts';
import { newId } from '../base/ids.ts';
import { DEFAULT_WORKSPACE } from '../contracts/actor.ts';
import type { TokenRow } from '../store/store.ts';
import type { Access } from './access.ts';
import { accessErrors } from './errors.ts';
import { hashToken, newTokenText, parseTokenText, type TokenText } from './token-text.ts';

const ROOT = 'root';

/**
 * Sees to it that the file holds a token with every right, mode 0600: made at the first start, and
 * anew after somebody deleted the file or ended that token; one that the file no longer holds ends.
 * @throws token_file_invalid
 */
export async function ensureRootToken(
  access: Access,
  options: { path: string; nowMs: number },
): Promise<void> {
  const { path, nowMs } = options;
  const text = (await readTextIfThere(path))?.trim();
  const parsed = text === undefined ? undefined : parseTokenText(text);
  if (text !== undefined && parsed === undefined)
    throw accessErrors.token_file_invalid(`The file ${path} holds no whole token.`);
  const kept = parsed !== undefined && !access.hasEnded(parsed.id) ? parsed : undefined;
  const token = kept ?? newTokenText(newId('tok', nowMs));
  for (const old of access.records())
    if (old.principalId === ROOT && old.id !== token.id) await access.revoke(old);
  // Stored before the file is written: a token that was read is one that works.
  if (!access.records().some((record) => record.id === token.id))
    await access.adopt(rootRow(token, nowMs), 'human');
  if (kept === undefined) await writeFileAtomic(path, `${token.text}\n`, { mode: 0o600 });
  else if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600);
}

function rootRow(token: TokenText, nowMs: number): TokenRow {
  return {
    id: token.id,
    workspaceId: DEFAULT_WORKSPACE,
    principalId: ROOT,
    name: ROOT,
    secretSha256: hashToken(token.text).toString('hex'),
    scopes: ['admin'],
    createdAtMs: nowMs,
    expiresAtMs: null,
    revokedAtMs: null,
    lastUsedAtMs: null,
  };
}
