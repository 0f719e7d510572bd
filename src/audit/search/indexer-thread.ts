/** The thread that feeds the indexes of all workspaces from their segments. */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { describeError } from '../../base/errors.ts';
import { IndexedWorkspace } from './indexed-workspace.ts';
import { serveCall } from './thread-calls.ts';
import type { FromIndexer, IndexerCalls, IndexerData, ToIndexer } from './thread-messages.ts';

/** Small commits are put in together: a transaction for each would cost more than it gives. */
const COLLECT_MS = 40;
const ENOUGH_ENTRIES = 5_000;
/** After an error of the disk or of the log. */
const RETRY_MS = 1_000;
const TELL_ERROR_EVERY_MS = 60_000;

const port = parentPort;
if (port === null) throw new Error('this file runs as a worker thread');
const { dir }: IndexerData = workerData;
const workspaces = new Map<string, IndexedWorkspace>();
const releases = new Map<string, PromiseWithResolvers<undefined>>();
let closing = false;
let wake = Promise.withResolvers<undefined>();
let toldErrorMs = 0;

function say(message: FromIndexer): void {
  port?.postMessage(message);
}

function workspaceOf(workspaceId: string): IndexedWorkspace {
  const known = workspaces.get(workspaceId);
  if (known !== undefined) return known;
  const workspace = new IndexedWorkspace(join(dir, workspaceId), {
    log: (level, message, fields = {}) =>
      say({ kind: 'log', level, message, fields: { workspaceId, ...fields } }),
    indexed: (size) => say({ kind: 'indexed', workspaceId, size }),
    release: async () => {
      const released = Promise.withResolvers<undefined>();
      releases.set(workspaceId, released);
      say({ kind: 'release', workspaceId });
      await released.promise;
    },
    exchanged: () => say({ kind: 'exchanged', workspaceId }),
  });
  workspaces.set(workspaceId, workspace);
  return workspace;
}

function take(message: ToIndexer): void {
  if (message.kind === 'released') {
    releases.get(message.workspaceId)?.resolve(undefined);
    return;
  }
  const workspace = workspaceOf(message.workspaceId);
  if (message.kind === 'committed') workspace.committed(message.log);
  else workspace.damaged(message.reason);
}

port.on('message', (message: unknown) => {
  const isCall = serveCall<IndexerCalls>(port, message, {
    reindex: ({ workspaceId }) => workspaceOf(workspaceId).reindex(),
    forget: ({ workspaceId, erased }) => workspaceOf(workspaceId).forget(erased),
    close: async () => {
      closing = true;
      wake.resolve(undefined);
      await finished;
      return undefined;
    },
  });
  if (!isCall) take(message as ToIndexer);
  wake.resolve(undefined);
});

async function stepAll(): Promise<'idle' | 'busy' | 'failed'> {
  let state: 'idle' | 'busy' | 'failed' = 'idle';
  for (const [workspaceId, workspace] of workspaces) {
    try {
      if ((await workspace.step()) && state === 'idle') state = 'busy';
    } catch (error) {
      state = 'failed';
      if (Date.now() - toldErrorMs < TELL_ERROR_EVERY_MS) continue;
      toldErrorMs = Date.now();
      const fields = { workspaceId, reason: describeError(error) };
      say({ kind: 'log', level: 'error', message: 'the index cannot be written', fields });
    }
  }
  return state;
}

/** Lets messages in; a timer ends it at the latest. */
async function pause(ms: number): Promise<void> {
  const timer = Promise.withResolvers<undefined>();
  const handle = setTimeout(() => timer.resolve(undefined), ms);
  await timer.promise;
  clearTimeout(handle);
}

async function work(): Promise<void> {
  while (!closing) {
    const state = await stepAll();
    if (state === 'failed') await pause(RETRY_MS);
    // Messages that came meanwhile are taken before the next step.
    else if (state === 'busy') await new Promise((resolve) => setImmediate(resolve));
    else {
      await wake.promise;
      wake = Promise.withResolvers();
      const waiting = [...workspaces.values()].map((workspace) => workspace.waitingEntries);
      if (!closing && waiting.every((entries) => entries < ENOUGH_ENTRIES)) await pause(COLLECT_MS);
    }
  }
  for (const workspace of workspaces.values()) workspace.close();
}

const finished = work();
finished.catch((error: unknown) => {
  setImmediate(() => {
    throw error;
  });
});
