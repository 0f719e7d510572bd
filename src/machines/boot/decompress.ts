import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { mustRun } from '../../base/command.ts';

const TOOL_TIMEOUT_MS = 120_000;

const FORMATS = [
  { name: 'lz4', magic: Buffer.from([0x02, 0x21, 0x4c, 0x18]) },
  { name: 'gzip', magic: Buffer.from([0x1f, 0x8b, 0x08]) },
  { name: 'xz', magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) },
  { name: 'zstd', magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) },
] as const;

export type Compression = (typeof FORMATS)[number]['name'];

/** The compression that the bytes begin with, or undefined. */
export function compressionOf(bytes: Buffer): Compression | undefined {
  return FORMATS.find(({ magic }) => bytes.subarray(0, magic.length).equals(magic))?.name;
}

/**
 * Decompresses by the tool of the format's own Debian package.
 * @throws command_missing, command_failed.
 */
export async function decompress(bytes: Buffer, compression: Compression): Promise<Buffer> {
  if (compression === 'gzip') return gunzipSync(bytes);
  const folder = await mkdtemp(join(tmpdir(), 'swarm-unpack-'));
  try {
    const from = join(folder, 'packed');
    const to = join(folder, 'unpacked');
    await writeFile(from, bytes);
    // `xz` alone has no option to name its output.
    const args = compression === 'xz' ? ['-c', 'exec xz -dc "$1" > "$2"', 'sh', from, to] : [];
    if (compression === 'xz') await mustRun('sh', args, { timeoutMs: TOOL_TIMEOUT_MS });
    if (compression === 'lz4')
      await mustRun('lz4', ['-d', '-q', '-f', from, to], { timeoutMs: TOOL_TIMEOUT_MS });
    if (compression === 'zstd')
      await mustRun('zstd', ['-d', '-q', '-f', '-o', to, from], { timeoutMs: TOOL_TIMEOUT_MS });
    return await readFile(to);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
