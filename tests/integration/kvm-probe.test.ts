import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { probeKvm } from '../../src/machines/kvm-probe.ts';
import { probeAssets } from './fixtures/probe-machine.ts';

const root = mkdtempSync(join(tmpdir(), 'swarm-kvm-probe-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** A program in QEMU's place; `calls` says how often a guest was to be booted with it. */
function stub(name: string, boot: string): { qemuPath: string; calls: () => number } {
  const qemuPath = join(root, name);
  const log = `${qemuPath}.calls`;
  writeFileSync(log, '');
  writeFileSync(
    qemuPath,
    `#!/bin/bash\n[ "$1" = --version ] && { echo stub 1.0; exit; }\necho >> '${log}'\n${boot}\n`,
  );
  chmodSync(qemuPath, 0o755);
  return { qemuPath, calls: () => readFileSync(log, 'utf8').length };
}

let count = 0;
const options = () => ({
  kernelPath: '/nonexistent/kernel',
  initramfsPath: '/nonexistent/initramfs',
  assetsDigest: 'digest',
  rememberPath: join(root, `answer-${++count}.json`),
  devicePath: '/dev/null',
});

test('a guest that boots is recognised: here a real one, under software emulation', async () => {
  const assets = await probeAssets();
  const emulate = `args=("$@")
for i in "\${!args[@]}"; do
  case "\${args[$i]}" in
    kvm) args[$i]=tcg ;;
    host) args[$i]=max ;;
    console=*) args[$i]="\${args[$i]} tsc_early_khz=2500000 lpj=10000000" ;;
  esac
done
exec qemu-system-x86_64 "\${args[@]}"`;
  const { qemuPath } = stub('emulated', emulate);
  const probe = await probeKvm({
    ...options(),
    ...assets,
    assetsDigest: assets.digest,
    qemuPath,
    timeoutMs: 120_000,
  });
  assert.deepEqual(probe, { works: true, reason: 'A guest was booted with it.' });
});

test('a missing or closed device answers without booting anything', async () => {
  const { qemuPath, calls } = stub('unused', 'exit 1');
  const devicePath = join(root, 'no-device');
  const probe = await probeKvm({ ...options(), qemuPath, devicePath });
  assert.equal(probe.works, false);
  assert.match(probe.reason, /is not there/);
  assert.equal(calls(), 0);
});

test('an emulation failure ends the probe at once, though QEMU goes on', async () => {
  const { qemuPath } = stub('failing', 'echo "KVM internal error. Suberror: 1" >&2; sleep 1000');
  const probe = await probeKvm({ ...options(), qemuPath, timeoutMs: 600_000 });
  assert.equal(probe.works, false);
  assert.match(probe.reason, /KVM internal error/);
});

test('silence and a QEMU that ends are answers too', async () => {
  const silent = stub('silent', 'sleep 1000');
  const late = await probeKvm({ ...options(), qemuPath: silent.qemuPath, timeoutMs: 200 });
  assert.match(late.reason, /no sign of life/);
  const broken = stub('broken', 'echo "failed to set MSR" >&2; exit 1');
  const ended = await probeKvm({ ...options(), qemuPath: broken.qemuPath });
  assert.deepEqual([late.works, ended.works], [false, false]);
  assert.match(ended.reason, /failed to set MSR/);
});

test('the answer is remembered until something it depends on changes, or it is to be forgotten', async () => {
  const { qemuPath, calls } = stub('remembered', 'echo "Run /init as init process"; sleep 1000');
  const asked = { ...options(), qemuPath };
  for (let time = 0; time < 3; time++) assert.equal((await probeKvm(asked)).works, true);
  assert.equal(calls(), 1);
  await probeKvm({ ...asked, assetsDigest: 'another kernel' });
  assert.equal(calls(), 2);
  await probeKvm({ ...asked, assetsDigest: 'another kernel', forget: true });
  assert.equal(calls(), 3);
  writeFileSync(asked.rememberPath, '{"version":1');
  await probeKvm(asked);
  assert.equal(calls(), 4);
});

test('on this host the answer comes, whatever it is', async () => {
  const assets = await probeAssets();
  const { devicePath: _device, ...asked } = options();
  const probe = await probeKvm({ ...asked, ...assets, assetsDigest: assets.digest });
  assert.ok(probe.reason.length > 0);
  if (!probe.works) assert.match(probe.reason, /kvm|KVM|QEMU|sign of life/);
});
