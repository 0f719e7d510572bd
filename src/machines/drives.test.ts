import assert from 'node:assert/strict';
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { mustRun } from '../base/command.ts';
import { GUEST_CONFIG_MAGIC, type GuestConfig } from '../contracts/guest.ts';
import { makeDisk, readConfigDrive, writeConfigDrive } from './drives.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'swarm-drives-'));
});
afterEach(() => rm(root, { recursive: true }));

const config: GuestConfig = {
  version: 1,
  machineId: 'm1',
  token: '0'.repeat(64),
  hostname: 'größe',
  guestdPort: 61_707,
  network: { address: 'a', prefixLength: 24, gateway: 'b', dns: 'c', mtu: 1500 },
};

test('the configuration drive is whole blocks, for its owner only, and is read back', async () => {
  const path = join(root, 'config.img');
  await writeConfigDrive(path, config);
  const { mode, size } = await stat(path);
  assert.equal(mode & 0o777, 0o600);
  assert.equal(size % 4096, 0);
  assert.ok((await readFile(path, 'latin1')).startsWith(GUEST_CONFIG_MAGIC));
  assert.deepEqual(await readConfigDrive(path), config);
  await assert.rejects(writeConfigDrive(path, config), /EEXIST/);
  await writeFile(join(root, 'other'), 'something else');
  await assert.rejects(readConfigDrive(join(root, 'other')), /no configuration drive/);
});

for (const diskMib of [16, 64, 512])
  test(`a disk of ${diskMib} MiB is a sound ext4 file system, and takes little room`, async () => {
    const path = join(root, `disk-${diskMib}.img`);
    await makeDisk(path, { diskMib });
    const { size, blocks } = await stat(path);
    assert.equal(size, diskMib * 2 ** 20);
    assert.ok(blocks * 512 < 8 * 2 ** 20, `${blocks * 512} bytes are used`);
    const handle = await open(path);
    const magic = Buffer.alloc(2);
    await handle.read(magic, 0, 2, 1080);
    await handle.close();
    assert.deepEqual([...magic], [0x53, 0xef]);
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
    await mustRun('e2fsck', ['-fn', path], { env, timeoutMs: 20_000 });
  });
