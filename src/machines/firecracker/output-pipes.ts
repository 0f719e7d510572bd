/**
 * Console, log and metrics leave the jail through named pipes, which swarmd reads into files of
 * bounded size: the VMM writes no file that could fill the host's disk. While no swarmd reads,
 * Firecracker drops what does not fit into a pipe (it opens them without blocking).
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { chmod, chown, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { mustRun } from '../../base/command.ts';
import { type ConsoleLog, followConsole } from '../console-log.ts';
import type { MachineFolder } from '../machine-folder.ts';
import { JAIL_FILES } from './jail.ts';

const PIPES = [JAIL_FILES.console, JAIL_FILES.log, JAIL_FILES.metrics];

/**
 * Makes the pipes in the machine's folder; the jail gets links to them, so that swarmd's names for
 * them stay out of the VMM's reach.
 */
export async function makePipes(folder: MachineFolder, uid: number): Promise<void> {
  const paths = PIPES.map((name) => join(folder.path, name));
  for (const path of paths) await rm(path, { force: true });
  await mustRun('mkfifo', ['-m', '600', ...paths], { timeoutMs: 10_000 });
  for (const path of paths) {
    await chown(path, uid, uid);
    await chmod(path, 0o600);
  }
}

export interface OutputPipes {
  readonly console: ConsoleLog;
  close(): void;
}

/** Must be open before Firecracker opens its ends: without a reader that would fail. */
export function followPipes(folder: MachineFolder): OutputPipes {
  const follow = (pipe: string, name: string) => {
    const path = join(folder.path, name);
    const kept = { ...folder, consolePath: path, olderConsolePath: `${path}.1` };
    return followConsole(openPipe(join(folder.path, pipe)), kept);
  };
  const console = followConsole(openPipe(join(folder.path, JAIL_FILES.console)), folder);
  const others = [
    follow(JAIL_FILES.log, 'firecracker.log'),
    follow(JAIL_FILES.metrics, 'metrics.ndjson'),
  ];
  return {
    console,
    close() {
      console.close();
      for (const other of others) other.close();
    },
  };
}

function openPipe(path: string): Socket {
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
  const fd = openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  if (!fstatSync(fd).isFIFO()) {
    closeSync(fd);
    throw new Error(`${path} is no named pipe`);
  }
  return new Socket({ fd, readable: true, writable: false });
}
