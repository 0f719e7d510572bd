/** A file of a cpio archive in the "newc" format, which the kernel unpacks as its initramfs. */
export interface CpioEntry {
  /** Without a leading slash. */
  readonly path: string;
  /** File type and permissions, as in stat(2). */
  readonly mode: number;
  readonly content?: Buffer;
  /** Of a device node. */
  readonly device?: { readonly major: number; readonly minor: number };
}

const ALIGNMENT = 4;

/**
 * Packs entries, in their order, into a newc archive: the same entries give the same bytes. See
 * Documentation/driver-api/early-userspace/buffer-format.rst of Linux.
 */
export function packCpio(entries: readonly CpioEntry[]): Buffer {
  const parts: Buffer[] = [];
  const trailer: CpioEntry = { path: 'TRAILER!!!', mode: 0 };
  for (const [index, entry] of [...entries, trailer].entries()) {
    const name = Buffer.from(`${entry.path}\0`);
    const content = entry.content ?? Buffer.alloc(0);
    const fields = [
      entry === trailer ? 0 : index + 1,
      entry.mode,
      0, // uid
      0, // gid
      1, // links
      0, // time
      content.length,
      0, // device of the file: major and minor
      0,
      entry.device?.major ?? 0,
      entry.device?.minor ?? 0,
      name.length,
      0, // checksum, unused in this format
    ];
    const header = fields.map((field) => field.toString(16).padStart(8, '0')).join('');
    parts.push(padded(Buffer.concat([Buffer.from(`070701${header}`), name])), padded(content));
  }
  return Buffer.concat(parts);
}

function padded(bytes: Buffer): Buffer {
  const rest = bytes.length % ALIGNMENT;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(ALIGNMENT - rest)]);
}
