/**
 * Which process is Firecracker. With --new-pid-ns it is a child of the jailer, whose id the jailer
 * leaves in the jail; the machine's vmm.pid, written by the launcher, names the jailer until then.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { identifyProcess, isAlive, type ProcessIdentity } from '../../base/process-identity.ts';
import type { MachineFolder } from '../machine-folder.ts';
import type { Jail } from './jail.ts';

/**
 * Finds a jailed Firecracker and records it in vmm.pid, from where on it is found like any VMM.
 * The jailer's file lies in the reach of the VMM. Before its guest runs, it is believed; later
 * only when the process runs as the machine's own uid, which nothing else on this host does.
 */
export function recordJailedProcess(
  folder: MachineFolder,
  jail: Jail,
  options: { guestMayRun: boolean },
): ProcessIdentity | undefined {
  try {
    const text = readFileSync(jail.pidPath, 'utf8').slice(0, 20).trim();
    const pid = /^\d+$/.test(text) ? Number(text) : 0;
    if (pid <= 1 || (options.guestMayRun && !runsAsOwnerOf(pid, jail))) return undefined;
    const identity = identifyProcess(pid);
    if (identity === undefined || !isAlive(identity)) return undefined;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split('\n')[0];
    writeFileSync(folder.pidPath, `${stat}\n${identity.bootId}\n`, { mode: 0o600 });
    return identity;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined; // Not written yet, or gone.
    throw error;
  }
}

function runsAsOwnerOf(pid: number, jail: Jail): boolean {
  const { uid } = statSync(jail.root); // Given to the machine's uid by the jailer.
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return uid !== 0 && new RegExp(`^Uid:\\t${uid}\\t${uid}\\t`, 'm').test(status);
}
