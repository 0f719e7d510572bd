import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelPackagesOf } from './kernel-package.ts';

test('the kernel is found among a meta package’s dependencies', () => {
  const debian = 'linux-image-cloud-amd64\n  Depends: linux-image-6.1.0-56-cloud-amd64\n';
  assert.deepEqual(kernelPackagesOf(debian), ['linux-image-6.1.0-56-cloud-amd64']);
  const ubuntu = [
    'linux-image-6.8.0-50-generic',
    '  Depends: kmod',
    ' |Depends: linux-base',
    '  Depends: linux-modules-6.8.0-50-generic',
    '  Recommends: grub-pc',
    '  Suggests: linux-modules-extra-6.8.0-50-generic',
  ].join('\n');
  assert.deepEqual(kernelPackagesOf(ubuntu), ['linux-modules-6.8.0-50-generic']);
  assert.deepEqual(kernelPackagesOf('E: No packages found'), []);
});
