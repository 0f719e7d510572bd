import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseDriver } from './choose-driver.ts';

const none = { kvm: { works: false, reason: 'No /dev/kvm.' }, firecracker: false, root: true };
const all = { kvm: { works: true, reason: 'It works.' }, firecracker: true, root: true };

test('takes Firecracker where all that it needs is there', () => {
  const auto = { driver: 'auto', network: 'auto' } as const;
  assert.deepEqual(chooseDriver(auto, all), {
    driver: 'firecracker',
    acceleration: 'kvm',
    network: 'tap',
  });
  for (const lacking of [{ firecracker: false }, { root: false }])
    assert.deepEqual(chooseDriver(auto, { ...all, ...lacking }), {
      driver: 'qemu',
      acceleration: 'kvm',
      network: 'user',
    });
  assert.deepEqual(chooseDriver(auto, none), {
    driver: 'qemu',
    acceleration: 'tcg',
    network: 'user',
  });
});

test('takes what is asked for, or says why it cannot', () => {
  assert.equal(chooseDriver({ driver: 'qemu', network: 'tap' }, none).network, 'tap');
  assert.equal(chooseDriver({ driver: 'auto', network: 'user' }, all).driver, 'qemu');
  const refused = (driver: 'qemu' | 'firecracker', network: 'user' | 'tap', host: typeof none) =>
    assert.throws(() => chooseDriver({ driver, network }, host), { code: 'driver_unavailable' });
  refused('firecracker', 'tap', none);
  refused('firecracker', 'tap', { ...all, root: false });
  const wanted = { driver: 'firecracker', network: 'tap' } as const;
  assert.throws(() => chooseDriver(wanted, { ...all, firecracker: false }), {
    code: 'firecracker_missing',
  });
  refused('firecracker', 'user', all);
  refused('qemu', 'tap', { ...none, root: false });
});
