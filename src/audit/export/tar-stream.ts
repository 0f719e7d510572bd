/** Files of a POSIX ustar archive, as bytes that can be sent while it is made. */

const BLOCK_BYTES = 512;
const MAX_NAME_BYTES = 100;

/** Two blocks of zeros end an archive. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK_BYTES);

/** @param mtimeMs since 1970. @returns header, contents, padding */
export function tarFile(name: string, contents: Uint8Array, mtimeMs: number): Uint8Array[] {
  const padding = (BLOCK_BYTES - (contents.length % BLOCK_BYTES)) % BLOCK_BYTES;
  const header = tarHeader({ name, size: contents.length, mtimeMs });
  return padding === 0 ? [header, contents] : [header, contents, Buffer.alloc(padding)];
}

function tarHeader(file: { name: string; size: number; mtimeMs: number }): Buffer {
  if (Buffer.byteLength(file.name) > MAX_NAME_BYTES)
    throw new Error(`${file.name} is too long a name for a tar file`);
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, at: number, digits: number) =>
    header.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  header.write(file.name, 0);
  octal(0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(file.size, 124, 11);
  octal(Math.max(0, Math.floor(file.mtimeMs / 1000)), 136, 11);
  header.fill(' ', 148, 156);
  header.write('0', 156);
  header.write('ustar\0', 257, 'latin1');
  header.write('00', 263, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
