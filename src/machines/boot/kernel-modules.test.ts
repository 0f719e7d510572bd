import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moduleName, moduleNeeds, orderModules } from './kernel-modules.ts';

const modinfo = (depends: string, softdep = '') =>
  Buffer.from(
    `\x7fELF…\0license=GPL\0${softdep && `softdep=pre: ${softdep}\0`}depends=${depends}\0x`,
  );

test('names come without folder, ending and dashes', () => {
  assert.equal(moduleName('kernel/drivers/char/hw_random/virtio-rng.ko.xz'), 'virtio_rng');
  assert.equal(moduleName('overlay.ko'), 'overlay');
});

test('needs are read from the module itself', () => {
  assert.deepEqual(moduleNeeds(modinfo('virtio,virtio-ring')), {
    hard: ['virtio', 'virtio_ring'],
    soft: [],
  });
  assert.deepEqual(moduleNeeds(modinfo('', 'crc32c')), { hard: [], soft: ['crc32c'] });
  assert.deepEqual(moduleNeeds(Buffer.from('nothing')), { hard: [], soft: [] });
});

test('every module comes after what it needs, once; built-in ones are left out', async () => {
  const files = new Map([
    ['net', modinfo('bus,ring')],
    ['bus', modinfo('ring')],
    ['ring', modinfo('core')],
    ['fs', modinfo('crc', 'nowhere')],
    ['crc', modinfo('')],
  ]);
  const read = async (name: string) => files.get(name);
  const result = await orderModules(['net', 'fs', 'core', 'absent'], {
    read,
    builtIn: new Set(['core']),
  });
  assert.deepEqual(
    result.modules.map(({ name }) => name),
    ['ring', 'bus', 'net', 'crc', 'fs'],
  );
  assert.deepEqual(result.missing, ['absent']);
});
