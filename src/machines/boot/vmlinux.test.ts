import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mustRun } from '../../base/command.ts';
import { extractVmlinux } from './vmlinux.ts';

const elf = Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46]), Buffer.alloc(100_000, 7)]);

/** A file with the setup header that matters here, as the kernel's build lays it out. */
function bzImage(packed: Buffer, trailer: Buffer): Buffer {
  const payload = Buffer.concat([packed, trailer]);
  const setup = Buffer.alloc(3 * 512 + 16);
  setup.writeUInt8(2, 0x1f1);
  setup.write('HdrS', 0x202);
  setup.writeUInt32LE(16, 0x248);
  setup.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([setup, payload, Buffer.alloc(64)]);
}

const COMPRESSORS = {
  lz4: ['lz4', '-l', '-q', '-f', 'in', 'out'],
  gzip: ['sh', '-c', 'gzip -c in > out'],
  xz: ['sh', '-c', 'xz --check=crc32 -c in > out'],
  zstd: ['zstd', '-q', '-f', 'in', '-o', 'out'],
};

for (const [name, [file = '', ...args]] of Object.entries(COMPRESSORS))
  test(`a kernel packed by ${name} is unpacked`, async (t) => {
    const cwd = await mkdtemp(join(tmpdir(), 'swarm-vmlinux-'));
    t.after(() => rm(cwd, { recursive: true }));
    await writeFile(join(cwd, 'in'), elf);
    await mustRun(file, args, { cwd, timeoutMs: 10_000 });
    const size = Buffer.alloc(name === 'gzip' ? 0 : 4);
    if (size.length > 0) size.writeUInt32LE(elf.length);
    const packed = await readFile(join(cwd, 'out'));
    assert.deepEqual(await extractVmlinux(bzImage(packed, size)), elf);
  });

test('what is no kernel is refused', async () => {
  const unusable = { code: 'boot_kernel_unusable' };
  await assert.rejects(extractVmlinux(Buffer.alloc(100)), unusable);
  await assert.rejects(extractVmlinux(Buffer.alloc(4096)), unusable);
  await assert.rejects(extractVmlinux(bzImage(Buffer.from('plain'), Buffer.alloc(4))), unusable);
  const whole = bzImage(elf, Buffer.alloc(4));
  await assert.rejects(extractVmlinux(whole.subarray(0, 5000)), unusable);
});
