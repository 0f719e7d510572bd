import { compressionOf, decompress } from './decompress.ts';
import { bootErrors } from './errors.ts';

const ELF_MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);

// Offsets of the x86 boot protocol's setup header: Documentation/arch/x86/boot.rst of Linux.
const SETUP_SECTORS = 0x1f1;
const HEADER_MAGIC = 0x202;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
const SECTOR_BYTES = 512;
/** The kernel's build appends the unpacked size to every format but gzip, which has its own. */
const SIZE_TRAILER_BYTES = 4;

/** The compressed kernel within a bzImage. @throws boot_kernel_unusable */
export function kernelPayload(bzImage: Buffer): Buffer {
  if (
    bzImage.length < 1024 ||
    bzImage.toString('latin1', HEADER_MAGIC, HEADER_MAGIC + 4) !== 'HdrS'
  )
    throw bootErrors.boot_kernel_unusable('The kernel file is not a bzImage for x86.');
  const sectors = bzImage.readUInt8(SETUP_SECTORS) || 4;
  const start = (sectors + 1) * SECTOR_BYTES + bzImage.readUInt32LE(PAYLOAD_OFFSET);
  const end = start + bzImage.readUInt32LE(PAYLOAD_LENGTH);
  if (end > bzImage.length)
    throw bootErrors.boot_kernel_unusable(
      'The kernel file is cut off: its payload ends beyond it.',
    );
  return bzImage.subarray(start, end);
}

/** The ELF kernel within a bzImage, as QEMU's and Firecracker's direct boot want it. */
export async function extractVmlinux(bzImage: Buffer): Promise<Buffer> {
  const payload = kernelPayload(bzImage);
  const compression = compressionOf(payload);
  if (compression === undefined)
    throw bootErrors.boot_kernel_unusable('The kernel is compressed in a way Swarm does not know.');
  const trailer = compression === 'gzip' ? 0 : SIZE_TRAILER_BYTES;
  const vmlinux = await decompress(payload.subarray(0, payload.length - trailer), compression);
  if (!vmlinux.subarray(0, 4).equals(ELF_MAGIC))
    throw bootErrors.boot_kernel_unusable('The unpacked kernel is not an ELF file.');
  return vmlinux;
}
