import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import {
  identifyProcess,
  isAlive,
  parsePidFile,
  parseProcessStat,
} from '../base/process-identity.ts';
import { waitUntil } from '../base/wait.ts';
import { type MachineFolder, machineFolder } from './machine-folder.ts';
import { createVmmProcesses, type VmmProcesses } from './vmm-process.ts';

let directory: string;
let folder: MachineFolder;
let processes: VmmProcesses;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'swarm-vmm-'));
  folder = machineFolder(directory, 'm1');
  await mkdir(folder.path);
  processes = createVmmProcesses();
});
afterEach(async () => {
  await processes.kill(folder);
  processes.close();
  await rm(directory, { recursive: true });
});

test('a launched process is found, waited for and killed by a second observer', async () => {
  const identity = await processes.launch({ folder, argv: ['sleep', '60'] });
  const other = createVmmProcesses();
  try {
    const seen = await waitUntil(() => other.running(folder), { timeoutMs: 5_000 });
    assert.deepEqual(seen, identity);
    assert.equal(await other.wait(folder, { timeoutMs: 10 }), false);
    const ended = other.wait(folder, { timeoutMs: 10_000 });
    await processes.kill(folder);
    assert.equal(await ended, true);
    assert.equal(processes.running(folder), undefined);
    assert.equal(processes.wasStarted(folder), true);
  } finally {
    other.close();
  }
});

test('the pid of the last start, now of another process, is not killed', async () => {
  const bystander = spawn('sleep', ['60'], { stdio: 'ignore' });
  try {
    assert.ok(bystander.pid !== undefined);
    const identity = identifyProcess(bystander.pid);
    assert.ok(identity);
    const stat = await readFile(`/proc/${bystander.pid}/stat`, 'utf8');
    const earlier = stat.trim().replace(` ${identity.startTicks} `, ` ${identity.startTicks - 1} `);
    await writeFile(folder.pidPath, `${earlier}\n${identity.bootId}\n`);
    assert.equal(processes.running(folder), undefined);
    await processes.kill(folder);
    assert.equal(isAlive(identity), true);
    await writeFile(folder.pidPath, `${stat.trim()}\nanother-boot\n`);
    await processes.kill(folder);
    assert.equal(isAlive(identity), true);
  } finally {
    bystander.kill('SIGKILL');
    await once(bystander, 'exit');
  }
});

test('output goes to vmm.log, and the environment of swarmd does not reach the process', async () => {
  process.env.SWARM_TEST_SECRET = 'hunter2';
  try {
    await processes.launch({ folder, argv: ['sh', '-c', 'env; pwd; umask; echo oops >&2'] });
    assert.equal(await processes.wait(folder, { timeoutMs: 10_000 }), true);
  } finally {
    delete process.env.SWARM_TEST_SECRET;
  }
  const log = await readFile(folder.vmmLogPath, 'utf8');
  assert.match(log, /^oops$/m);
  assert.match(log, /^0077$/m);
  assert.ok(log.includes(folder.path));
  assert.ok(!log.includes('hunter2'));
});

test('a vmm.log that grows without end is emptied', { timeout: 30_000 }, async () => {
  await processes.launch({ folder, argv: ['sleep', '60'] });
  await appendFile(folder.vmmLogPath, Buffer.alloc(2 * 1024 * 1024));
  const emptied = await waitUntil(async () => (await readFile(folder.vmmLogPath)).length === 0, {
    timeoutMs: 20_000,
  });
  assert.equal(emptied, true);
});

test('a program that is not there ends at once and says so in vmm.log', async () => {
  await processes.launch({ folder, argv: ['/nonexistent/vmm'] });
  assert.equal(await processes.wait(folder, { timeoutMs: 10_000 }), true);
  assert.match(await readFile(folder.vmmLogPath, 'utf8'), /nonexistent/);
});

test('a process name may hold brackets and spaces', () => {
  const fields = Array.from({ length: 50 }, (_, i) => String(i + 4)).join(' ');
  const stat = parseProcessStat(`77 (a) b (c)) S ${fields}`);
  assert.deepEqual(stat, { state: 'S', cpuTicks: 29, startTicks: 22, residentPages: 24 });
  assert.equal(parsePidFile('garbage'), undefined);
  assert.equal(parsePidFile(''), undefined);
});
