/** An export as it comes, a tar, written into a folder: parts of the events file are joined. */
import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createTarDecoder } from 'modern-tar';
import { SwarmError } from '../../base/errors.ts';
import { cliErrors } from '../errors.ts';

export interface JoinedExport {
  /** Name of the events file: `events.csv`. */
  readonly file: string;
  /** As the manifest says. */
  readonly entries: number;
}

/** What an export is made of; nothing else is written, whatever a server sends. */
const PLAIN =
  /^(checkpoint|manifest\.json|manifest\.sig|tile\/\d{1,2}(\/x\d{3})*\/\d{3}(\.p\/\d{1,3})?)$/;
const PART = /^(events)-\d{6}(\.(?:json|jsonl|csv|ocsf\.jsonl))$/;

/**
 * Reads the tar to its end. The folder is there and empty; when this throws, what was written so
 * far is in it.
 * @throws export_incomplete when it broke off, or is no export
 */
export async function joinExport(
  body: AsyncIterable<Uint8Array>,
  { folder, onBytes }: { folder: string; onBytes: (bytes: number) => void },
): Promise<JoinedExport> {
  const counted = async function* () {
    for await (const chunk of body) {
      onBytes(chunk.length);
      yield chunk;
    }
  };
  let file: string | undefined;
  const names = new Set<string>();
  try {
    const entries = Readable.toWeb(Readable.from(counted(), { objectMode: false })).pipeThrough(
      createTarDecoder({ strict: true }),
    );
    for await (const { header, body: contents } of entries) {
      const part = PART.exec(header.name);
      if ((part === null && !PLAIN.test(header.name)) || header.type !== 'file')
        throw incomplete(`it has a file ${JSON.stringify(header.name.slice(0, 100))}`);
      if (part !== null) file = `${part[1]}${part[2]}`;
      const path = join(folder, part === null ? header.name : (file ?? ''));
      await mkdir(dirname(path), { recursive: true });
      names.add(header.name);
      const flags = part === null ? 'wx' : 'a';
      await pipeline(Readable.fromWeb(contents), createWriteStream(path, { flags }));
    }
  } catch (cause) {
    throw cause instanceof SwarmError ? cause : failure(cause);
  }
  // The last file: where it is, all came.
  if (file === undefined || !names.has('manifest.sig')) throw incomplete('it broke off');
  return { file, entries: await entriesOf(folder) };
}

async function entriesOf(folder: string): Promise<number> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
    if (Number.isSafeInteger(manifest?.entries)) return manifest.entries;
  } catch (cause) {
    throw incomplete('its manifest cannot be read', cause);
  }
  throw incomplete('its manifest names no number of entries');
}

function incomplete(why: string, cause?: unknown): SwarmError {
  return cliErrors.export_incomplete(`the export is not whole: ${why}`, { cause });
}

/** A disk that is full is this machine's fault, all else that of what came. */
function failure(cause: unknown): SwarmError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EIO' || code === 'EROFS' || code === 'EACCES')
    return cliErrors.file_unwritable(`the export cannot be written: ${message}`, { cause });
  return incomplete(message, cause);
}
