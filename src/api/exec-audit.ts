/** What the audit log is told of a command in a machine. */
import { EXEC_FRAME, type GuestExecSpec } from '../contracts/guest.ts';
import { DEFAULT_PAYLOAD_POLICY } from '../contracts/trail.ts';
import type { Attempt } from './attempt.ts';
import type { Told } from './endpoint.ts';
import { apiErrors } from './errors.ts';

/**
 * The command is a payload, since words of it may be secret: kept under the default policy, and
 * erased with payloads.
 */
export function commandFacts(
  { argv, tty, user, cwd }: GuestExecSpec,
  place: { readonly agent: string; readonly machineId: string },
): Told {
  const head = Buffer.from(JSON.stringify({ argv, user, cwd }));
  return {
    agent: place.agent,
    machine: place.machineId,
    attributes: { program: (argv[0] ?? '').slice(0, 200), words: argv.length, tty },
    captured: {
      policy: DEFAULT_PAYLOAD_POLICY,
      request: {
        head: head.subarray(0, DEFAULT_PAYLOAD_POLICY.maxBytes),
        totalBytes: head.length,
        contentType: 'application/json',
      },
    },
  };
}

/** How the command ended, from guestd's last frame; undefined: the connection ended before it. */
export interface ExecEnd {
  readonly type: number;
  readonly payload: Buffer;
}

/** Says how it ended; a command that failed ran all the same. */
export async function endExec(
  attempt: Attempt,
  { end, bytesOut }: { readonly end: ExecEnd | undefined; readonly bytesOut: number },
): Promise<void> {
  attempt.tell({ bytes: { out: bytesOut } });
  if (end === undefined)
    return attempt.ended(
      apiErrors.answer_cut_short('The connection ended before the command did.'),
    );
  if (end.type === EXEC_FRAME.error)
    return attempt.ended(apiErrors.exec_not_started('The command could not be started.'));
  const { exitCode, signal } = parsedExit(end.payload);
  attempt.tell({ attributes: { exitCode, signal } });
  return attempt.ended();
}

/** The guest is hostile: whatever it sends becomes two small values. */
function parsedExit(payload: Buffer): { exitCode: number | null; signal: string | null } {
  let told: { exitCode?: unknown; signal?: unknown } | null = null;
  try {
    told = JSON.parse(payload.toString());
  } catch {
    // Told as unknown.
  }
  const { exitCode, signal } = told ?? {};
  return {
    exitCode: Number.isSafeInteger(exitCode) ? (exitCode as number) : null,
    signal: typeof signal === 'string' ? signal.slice(0, 20) : null,
  };
}
