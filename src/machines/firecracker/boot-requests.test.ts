import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bootRequests, MAX_VCPUS, vcpuCount } from './boot-requests.ts';

test('vCPUs are one or an even number, and enough for what was asked', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.05, max: MAX_VCPUS, noNaN: true }), (cpus) => {
      const count = vcpuCount(cpus);
      assert.ok(count === 1 || count % 2 === 0);
      assert.ok(count >= cpus && count <= MAX_VCPUS);
      assert.ok(count < cpus + 2);
    }),
  );
});

test('only the machine’s own disk can be written', () => {
  const requests = bootRequests({
    cpus: 1,
    memoryMib: 256,
    kernelCommandLine: 'console=ttyS0',
    tapName: 'tap0',
    guestMac: '06:00:0a:00:02:0f',
    mtu: 1500,
  });
  const drives = requests.filter(({ path }) => path.startsWith('/drives/'));
  assert.deepEqual(
    drives.map(({ body }) => [body?.drive_id, body?.is_read_only]),
    [
      ['rootfs', true],
      ['config', true],
      ['disk', false],
    ],
  );
});
