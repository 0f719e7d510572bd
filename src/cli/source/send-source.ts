import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import type { SwarmClient } from '../../contracts/client.ts';
import type { Source } from '../../contracts/source.ts';
import { listFolder } from './list-folder.ts';
import type { LocalSource } from './local-source.ts';
import { packFolder } from './pack-folder.ts';

export interface SendOptions {
  readonly client: SwarmClient;
  readonly signal: AbortSignal;
  /** Bytes sent so far, of about `totalBytes`. */
  readonly onProgress: (sentBytes: number, totalBytes: number) => void;
  /** Something the user should know: `.env` was left out. */
  readonly onWarning: (text: string) => void;
}

/** Sends what is local, as a stream, and names it as the API takes it. */
export async function sendSource(local: LocalSource, options: SendOptions): Promise<Source> {
  if (local.type === 'ready') return local.source;
  if (local.type === 'archive') {
    const { size } = await stat(local.path);
    const file = createReadStream(local.path);
    const uploadId = await send(file, { ...options, totalBytes: size, bytes: size });
    return { type: 'archive', uploadId, name: local.name.slice(-255) };
  }
  const always = local.type === 'folder' ? [local.build.dockerfile ?? 'Dockerfile'] : [];
  const listing = await listFolder(local.path, always);
  for (const path of listing.leftOut)
    options.onWarning(
      `${path} was left out: it may hold secrets. To send it, write a .dockerignore.`,
    );
  const archive = packFolder(local.path, listing.paths);
  const uploadId = await send(archive, { ...options, totalBytes: listing.bytes });
  if (local.type === 'oci-layout')
    return { type: 'oci-layout', uploadId, name: local.name.slice(-255) };
  const hasBuild = Object.keys(local.build).length > 0;
  const name = local.name.slice(-1024);
  return { type: 'folder', uploadId, name, ...(hasBuild && { build: local.build }) };
}

async function send(
  body: Readable,
  options: SendOptions & { totalBytes: number; bytes?: number },
): Promise<string> {
  let sentBytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sentBytes += chunk.length;
      options.onProgress(sentBytes, options.totalBytes);
      done(null, chunk);
    },
  });
  body.on('error', (error) => counted.destroy(error));
  counted.on('close', () => body.destroy());
  const bytes = options.bytes === undefined ? {} : { bytes: options.bytes };
  try {
    const upload = await options.client.upload(body.pipe(counted), {
      signal: options.signal,
      ...bytes,
    });
    return upload.id;
  } catch (error) {
    // What we could not read broke the connection: the reason is ours, not the network's.
    throw body.errored ?? error;
  }
}
