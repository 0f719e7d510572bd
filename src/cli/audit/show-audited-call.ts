import { waitUntil } from '../../base/wait.ts';
import type { EventResource } from '../../contracts/event.ts';
import type { Session } from '../session.ts';
import { RUN_HEADERS, runHead, runRows } from './run-lines.ts';

/** The index follows the log within two seconds; a slow machine is given more. */
const FOUND_TIMEOUT_MS = 20_000;

/** The agent's newest call as a run, and how anybody proves it. On the error output, as notes are. */
export async function showAuditedCall(
  session: Session,
  { agent, swarm }: { agent: string; swarm: string },
): Promise<void> {
  const { output, signal } = session;
  const client = await session.client();
  const newest = async (): Promise<EventResource | undefined> =>
    (await client.events({ agent, kind: 'gateway.call', limit: 1 })).items.find(
      ({ status }) => status !== 'open',
    );
  const call = await waitUntil(newest, { timeoutMs: FOUND_TIMEOUT_MS, intervalMs: 200, signal });
  if (call?.run === undefined) {
    output.note(`It cannot be searched yet; a little later: ${swarm} logs ${agent}`);
    return;
  }
  const run = await client.run(call.run);
  output.note(`$ ${swarm} run show ${run.id}`);
  for (const line of runHead(run, output.errorColors)) output.note(line);
  output.noteTable(RUN_HEADERS, runRows(run, output.errorColors));
  output.note(`
Every call is written down before it is passed on, and nobody can quietly change it:
  ${swarm} audit prove ${call.id} --to call.proof
  ${swarm} audit key --to swarm.key
  ${swarm} audit verify call.proof --key swarm.key     on any machine, without swarmd`);
}
