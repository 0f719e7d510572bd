/**
 * The authorities of workspaces, which their machines trust: SWARM_HOME/authorities/WORKSPACE, the
 * certificate as it is and the key sealed, so that both are replaced together.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolder, readTextIfThere, writeFileAtomic } from '../base/files.ts';
import type { AuthorityStore } from '../egress/egress.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { mainErrors } from './errors.ts';

const PURPOSE = 'egress authority key';

const stored = z.object({
  version: z.literal(1),
  certificate: z.string(),
  /** Base64 of the sealed PKCS #8. */
  key: z.base64(),
});

export function createAuthorityFiles(options: {
  readonly home: string;
  readonly contents: Secrets['contents'];
}): AuthorityStore {
  const folder = join(options.home, 'authorities');
  const { contents } = options;
  return {
    async load(workspaceId) {
      const path = join(folder, workspaceId);
      const text = await readTextIfThere(path);
      if (text === undefined) return undefined;
      const parsed = stored.safeParse(tryJson(text));
      const box = parsed.data && Buffer.from(parsed.data.key, 'base64');
      const key = box && contents.open(workspaceId, PURPOSE, box);
      if (parsed.data === undefined || key === undefined)
        throw mainErrors.authority_damaged(
          `The authority ${path}, which the machines of the workspace "${workspaceId}" trust, cannot be read.`,
        );
      return { certificatePem: parsed.data.certificate, keyPem: key.toString('utf8') };
    },
    async save(workspaceId, { certificatePem, keyPem }) {
      await makeFolder(folder, { mode: 0o700 });
      const box = await contents.seal(workspaceId, PURPOSE, Buffer.from(keyPem, 'utf8'));
      const file = { version: 1, certificate: certificatePem, key: box.toString('base64') };
      await writeFileAtomic(join(folder, workspaceId), `${JSON.stringify(file)}\n`, {
        mode: 0o600,
      });
    },
  };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
