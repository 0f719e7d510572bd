import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { waitUntil } from '../base/wait.ts';
import {
  CONSOLE_FILE_BYTES,
  type ConsoleLog,
  followConsole,
  readConsole,
  readEndedConsole,
  waitForText,
} from './console-log.ts';
import { connectInFolder, type MachineFolder, machineFolder } from './machine-folder.ts';

let root: string;
let folder: MachineFolder;
let server: Server;
let guest: Socket;
let log: ConsoleLog;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'swarm-console-'));
  // Too long for a socket's address.
  folder = machineFolder(join(root, 'y'.repeat(110)), 'm1');
  await mkdir(folder.path, { recursive: true });
  const accepted = new Promise<Socket>((resolve) => {
    server = createServer(resolve);
  });
  process.chdir(folder.path);
  await new Promise<void>((resolve) => server.listen('console', resolve));
  process.chdir('/');
  log = followConsole(await connectInFolder(folder.path, 'console'), folder);
  guest = await accepted;
  guest.on('error', () => undefined);
});
afterEach(async () => {
  log.close();
  guest.destroy();
  server.close();
  await log.closed;
  await rm(root, { recursive: true });
});

const PATIENCE = { timeoutMs: 10_000 };

test('a text that comes in two pieces is found, and one that came before too', async () => {
  const later = waitForText(log, folder, { text: 'guestd: ready', ...PATIENCE });
  guest.write('boot…\nguestd: re');
  await waitUntil(() => log.recent().endsWith('re'), PATIENCE);
  guest.write('ady\n');
  assert.equal(await later, true);
  assert.equal(await waitForText(log, folder, { text: 'guestd: ready', ...PATIENCE }), true);
  assert.equal(await waitForText(log, folder, { text: 'never', timeoutMs: 20 }), false);
  const aborted = { text: 'never', ...PATIENCE, signal: AbortSignal.abort() };
  assert.equal(await waitForText(log, folder, aborted), false);
});

test('a text that was found is in the console by then', async () => {
  for (let i = 0; i < 50; i++) {
    const found = waitForText(log, folder, { text: `line ${i}.`, ...PATIENCE });
    guest.write(`line ${i}.\n`);
    assert.equal(await found, true);
    assert.match(await readConsole(folder, { maxBytes: 100 }), new RegExp(`line ${i}\\.`));
  }
});

test('the last words of a VMM that has ended are waited for', async () => {
  guest.end(`${'x'.repeat(100_000)}guestd: fatal: no init`);
  assert.match(await readEndedConsole(folder, { maxBytes: 100, log }), /guestd: fatal: no init$/);
});

test('waiting ends when the VMM does', async () => {
  const waiting = waitForText(log, folder, { text: 'never', timeoutMs: 60_000 });
  guest.destroy();
  assert.equal(await waiting, false);
});

test('a flood is bounded on disk and slowed down, and the end of it is kept', {
  timeout: 60_000,
}, async () => {
  const piece = Buffer.alloc(64 * 1024, 'x');
  let sent = 0;
  const flood = () => {
    do sent += piece.length;
    while (!guest.destroyed && guest.write(piece));
  };
  guest.on('drain', flood);
  flood();
  const rotated = await waitUntil(
    async () => (await stat(folder.olderConsolePath).catch(() => undefined))?.size,
    PATIENCE,
  );
  assert.ok(rotated !== undefined && rotated <= CONSOLE_FILE_BYTES + piece.length);
  assert.ok(sent < 4 * 2 ** 20, `${sent} bytes were taken at once`);
  guest.removeAllListeners('drain');
  guest.destroy();
  await log.closed;
  const kept = await readConsole(folder, { maxBytes: 10 * 2 ** 20 });
  assert.ok(kept.length <= 2 * (CONSOLE_FILE_BYTES + piece.length));
  assert.equal((await readConsole(folder, { maxBytes: 10 })).length, 10);
});
