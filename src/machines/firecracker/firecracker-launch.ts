/** Starts Firecracker for one machine: jail, jailer, API requests, guest. */
import { readFile } from 'node:fs/promises';
import { waitUntil } from '../../base/wait.ts';
import { resetConsole } from '../console-log.ts';
import { machineErrors } from '../errors.ts';
import type { MachineFolder, StoredSpec } from '../machine-folder.ts';
import type { TapAttachment } from '../network/network.ts';
import type { VmmProcesses } from '../vmm-process.ts';
import { type FirecrackerApi, openFirecrackerApi } from './api-client.ts';
import { bootRequests, START_REQUEST } from './boot-requests.ts';
import { buildJail, type Jail } from './jail.ts';
import { recordJailedProcess } from './jailed-process.ts';
import { jailerArguments } from './jailer-arguments.ts';
import { followPipes, makePipes, type OutputPipes } from './output-pipes.ts';

export interface Launch {
  readonly folder: MachineFolder;
  readonly jail: Jail;
  readonly spec: StoredSpec;
  readonly tap: TapAttachment;
  readonly cgroupProcs: readonly string[];
  readonly processes: VmmProcesses;
  readonly firecrackerPath: string;
  readonly jailerPath: string;
  readonly kernelCommandLine: string;
}

const MIB = 1024 * 1024;
const JAILER_TIMEOUT_MS = 15_000;
const SOCKET_TIMEOUT_MS = 15_000;

/**
 * Returns once the guest runs.
 * @throws vmm_start_failed with what Firecracker or the jailer said; the process is gone then, the
 *   jail stays for the next start or for removal.
 */
export async function launchFirecracker(launch: Launch): Promise<OutputPipes> {
  const { folder, jail, spec, tap, processes } = launch;
  await resetConsole(folder);
  await makePipes(folder, tap.uid);
  await buildJail(folder, jail, { ...spec, uid: tap.uid });
  const pipes = followPipes(folder);
  try {
    const argv = jailerArguments({
      ...launch,
      uid: tap.uid,
      namespacePath: tap.namespacePath,
      fileBytes: (Math.max(spec.diskMib, spec.memoryMib) + 64) * MIB,
    });
    await processes.launch({ folder, argv, cgroupProcs: launch.cgroupProcs });
    await waitForJailed(launch);
    await configureAndStart(launch);
    return pipes;
  } catch (cause) {
    await processes.kill(folder);
    pipes.close();
    const said = (await readFile(folder.vmmLogPath, 'utf8').catch(() => '')).slice(-1000).trim();
    throw machineErrors.vmm_start_failed(
      `Firecracker did not start for machine ${folder.machineId}: ${describe(cause)}${said === '' ? '' : `; it said: ${said}`}`,
      { cause },
    );
  }
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

async function waitForJailed({ folder, jail, processes }: Launch): Promise<void> {
  const ended = await processes.wait(folder, { timeoutMs: JAILER_TIMEOUT_MS });
  await processes.kill(folder);
  const found = recordJailedProcess(folder, jail, { guestMayRun: false });
  if (!ended) throw new Error(`the jailer did not end in ${JAILER_TIMEOUT_MS} ms`);
  if (found === undefined) throw new Error('the jailer left no process');
}

async function configureAndStart(launch: Launch): Promise<void> {
  const api = openFirecrackerApi(launch.jail.root);
  try {
    await waitForApi(launch, api);
    const { spec, tap, kernelCommandLine } = launch;
    for (const request of bootRequests({ ...spec, ...tap, kernelCommandLine }))
      await api.send(request);
    await api.send(START_REQUEST);
  } finally {
    await api.close();
  }
}

async function waitForApi({ folder, processes }: Launch, api: FirecrackerApi): Promise<void> {
  const ready = await waitUntil(
    async () => {
      if (processes.running(folder) === undefined) throw new Error('Firecracker ended');
      try {
        return await api.state();
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === 'ENOENT' || code === 'ECONNREFUSED') return undefined;
        throw error;
      }
    },
    { timeoutMs: SOCKET_TIMEOUT_MS, intervalMs: 3 },
  );
  if (ready === undefined) throw new Error(`its socket was not there in ${SOCKET_TIMEOUT_MS} ms`);
}
