import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tscKhzOf } from './host-tsc.ts';
import { kernelCommandLine } from './kernel-command-line.ts';

test('emulated kernels are told the speed of the counter, real ones find it', () => {
  const tcg = kernelCommandLine({ driver: 'qemu', acceleration: 'tcg', hostTscKhz: 2_600_000 });
  assert.match(tcg, / tsc_early_khz=2600000 lpj=10400000 /);
  const kvm = kernelCommandLine({ driver: 'qemu', acceleration: 'kvm', hostTscKhz: 2_600_000 });
  assert.doesNotMatch(kvm, /tsc|lpj|mitigations/);
});

test('each driver gets the restart that ends its VMM', () => {
  const line = (driver: 'qemu' | 'firecracker') =>
    kernelCommandLine({ driver, acceleration: 'kvm' }).split(' ');
  assert.ok(line('qemu').includes('reboot=t'));
  assert.ok(line('firecracker').includes('reboot=k'));
});

test('the counter is read where it is surest', () => {
  const cpuinfo = 'model name\t: Some CPU @ 2.60GHz\ncpu MHz\t\t: 3399.998\n';
  const unnamed = 'model name\t: Some CPU\ncpu MHz\t\t: 2596.148\n';
  const cases = [
    [{ cpuinfo, baseFrequency: '2500000\n', scales: true }, 2_500_000],
    [{ cpuinfo, baseFrequency: undefined, scales: true }, 2_600_000],
    [{ cpuinfo, baseFrequency: undefined, scales: false }, 3_399_998],
    [{ cpuinfo: unnamed, baseFrequency: undefined, scales: true }, 2_596_148],
    [{ cpuinfo: undefined, baseFrequency: undefined, scales: false }, undefined],
  ] as const;
  for (const [sources, khz] of cases) assert.equal(tscKhzOf(sources), khz);
});
