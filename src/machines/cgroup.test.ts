import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { limitFiles, openCgroups, ownCgroup, parseCgroupMounts } from './cgroup.ts';

const LIMITS = { cpus: 0.5, memoryBytes: 256 * 1024 * 1024, pids: 100 };
const cgroups = await openCgroups({ machinesDir: `/nonexistent/cgroup-test-${process.pid}` });

test('limits are set, a member is killed on removal, nothing is left', {
  skip: cgroups.missing ?? false,
}, async () => {
  const procs = await cgroups.ensure('m1', LIMITS);
  const member = spawn('sleep', ['60'], { stdio: 'ignore' });
  try {
    for (const file of procs) await writeFile(file, String(member.pid));
    const read = await Promise.all(
      cgroups
        .folders('m1')
        .flatMap((folder) =>
          ['pids.max', 'memory.max', 'memory.limit_in_bytes', 'cpu.max', 'cpu.cfs_quota_us'].map(
            (name) => readFile(join(folder, name), 'utf8').catch(() => ''),
          ),
        ),
    );
    const values = read.join(' ');
    assert.match(values, /\b100\b/);
    assert.match(values, /\b268435456\b/);
    assert.match(values, /\b50000\b/);
    assert.deepEqual(await cgroups.list(), ['m1']);
    const exited = once(member, 'exit');
    await cgroups.remove('m1');
    await exited;
    await cgroups.remove('m1');
    assert.deepEqual(await cgroups.list(), []);
  } finally {
    member.kill('SIGKILL');
    await cgroups.remove('m1');
    await cgroups.close();
  }
  for (const folder of cgroups.folders('m1')) assert.equal(existsSync(folder), false);
});

test("a recorded folder that is not the machine's own is left alone", {
  skip: cgroups.missing ?? false,
}, async () => {
  await cgroups.ensure('m2', LIMITS);
  try {
    await cgroups.remove('m3', cgroups.folders('m2'));
    assert.deepEqual(await cgroups.list(), ['m2']);
  } finally {
    await cgroups.remove('m2');
    await cgroups.close();
  }
});

test('version 2 limits', () => {
  const files = limitFiles({ version: 2, controllers: ['memory', 'cpu', 'pids'] }, LIMITS);
  assert.deepEqual(Object.fromEntries(files), {
    'pids.max': '100',
    'memory.max': '268435456',
    'cpu.max': '50000 100000',
  });
});

test('mounts and own cgroups are read as the kernel writes them', () => {
  const mountinfo = [
    '33 24 0:29 / /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory',
    '42 24 0:30 /docker/x /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
    '35 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate',
    '36 24 0:40 / /proc rw - proc proc rw',
  ].join('\n');
  assert.deepEqual(
    parseCgroupMounts(mountinfo).map((mount) => [mount.version, mount.mountPoint, mount.root]),
    [
      [1, '/sys/fs/cgroup/memory', '/'],
      [1, '/sys/fs/cgroup/cpu,cpuacct', '/docker/x'],
      [2, '/sys/fs/cgroup', '/'],
    ],
  );
  const self = '8:pids:/a\n2:cpu,cpuacct:/b:c\n0::/user.slice/d\n';
  assert.equal(ownCgroup(self, 'cpu'), '/b:c');
  assert.equal(ownCgroup(self, ''), '/user.slice/d');
  assert.equal(ownCgroup(self, 'memory'), '/');
});
