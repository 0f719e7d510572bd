import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import { imageErrors } from './errors.ts';
import type { UploadInfo } from './images.ts';

/** Bytes that clients sent, waiting to be used as a source: one file per upload. */
export class UploadStore {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #receiving = new Set<string>();

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** @throws upload_too_large, upload_cut_short, or what the disk says; then nothing is left. */
  async receive(
    body: AsyncIterable<Buffer>,
    { maxBytes }: { maxBytes: number },
  ): Promise<UploadInfo> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const uploadId = newId('upl', this.#clock.nowMs());
    const path = join(this.#folder, uploadId);
    const temporary = `${path}.tmp`;
    this.#receiving.add(temporary);
    try {
      const { bytes, sha256 } = await this.#write(temporary, body, maxBytes);
      await rename(temporary, path);
      return { uploadId, sha256, bytes };
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      this.#receiving.delete(temporary);
    }
  }

  async #write(path: string, body: AsyncIterable<Buffer>, maxBytes: number) {
    const hash = createHash('sha256');
    let bytes = 0;
    const file = await open(path, 'wx', 0o600);
    try {
      for await (const chunk of cutIsAnError(body)) {
        bytes += chunk.length;
        if (bytes > maxBytes)
          throw imageErrors.upload_too_large(`The upload is larger than ${maxBytes} bytes.`, {
            details: { maxBytes },
          });
        hash.update(chunk);
        await file.writeFile(chunk);
      }
    } finally {
      await file.close();
    }
    return { bytes, sha256: hash.digest('hex') };
  }

  /** The file of an upload. @throws upload_not_found */
  async path(uploadId: string): Promise<string> {
    const path = join(this.#folder, uploadId);
    const known = /^upl_[0-9a-z]{20}$/.test(uploadId);
    if (known && (await stat(path).catch(() => undefined))?.isFile() === true) return path;
    throw imageErrors.upload_not_found(`There is no upload "${uploadId}".`);
  }

  /** Removes uploads not touched for `minAgeMs`. @returns the bytes freed. */
  async collect(minAgeMs: number): Promise<number> {
    let freedBytes = 0;
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const path = join(this.#folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined || this.#receiving.has(path)) continue;
      if (!name.endsWith('.tmp') && this.#clock.nowMs() - found.mtimeMs < minAgeMs) continue;
      await rm(path, { force: true });
      freedBytes += found.size;
    }
    return freedBytes;
  }
}

async function* cutIsAnError(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (cause) {
    throw imageErrors.upload_cut_short('The upload ended before its end.', { cause });
  }
}
