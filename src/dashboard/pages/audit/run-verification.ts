/** Fetches what is to be checked and has it checked, here in the browser. */
import type { EventResource } from '../../../contracts/event.ts';
import { fetchCheckpoint, fetchEvent, fetchProof, fetchTile } from '../../api/audit.ts';
import type { JsonObject } from '../../audit-proof/proof-file.ts';
import type { Step } from '../../audit-proof/steps.ts';
import {
  type Against,
  type GivenKey,
  type Verified,
  verifyCheckpoint,
} from '../../audit-proof/verify-checkpoint.ts';
import { verifyEvent } from '../../audit-proof/verify-event.ts';
import { keepCheckpoint, keptCheckpoint } from './pinned-key.ts';

export interface Verification {
  /** undefined: the log as a whole. */
  readonly eventId: string | undefined;
  readonly key: GivenKey;
  readonly workspace: string;
  /** Signed text of a checkpoint from elsewhere; empty: the one that this browser kept. */
  readonly older: string;
  readonly signal: AbortSignal;
  readonly told: (step: Step) => void;
}

export interface VerificationResult extends Verified {
  /** As the server shows it; absent: the log as a whole was checked. */
  readonly event?: EventResource;
  /** To be checked again elsewhere: a proof, or a checkpoint. */
  readonly file: { readonly name: string; readonly text: string };
}

/** @throws ApiError when something cannot be had */
export async function runVerification(asked: Verification): Promise<VerificationResult> {
  const { key, workspace, eventId, older, signal, told } = asked;
  const origin = `${key.text.split('+', 1)[0]}/${workspace}`;
  const remembered = key.from === 'server' ? undefined : keptCheckpoint(origin)?.note;
  // A field for text loses the last line break.
  const kept = older.trim() === '' ? remembered : `${older.trim()}\n`;
  const against: Against = { key, workspace, kept, readTile: fetchTile };
  const result =
    eventId === undefined
      ? await checkLog({ against, signal, told })
      : await checkEvent(eventId, { against, signal, told });
  const { verdict, checkpoint } = result;
  // What the server’s own key vouches for is no reason to trust it later.
  if (verdict === 'proven' && checkpoint !== undefined && key.from !== 'server')
    keepCheckpoint(origin, checkpoint);
  return result;
}

type How = Pick<Verification, 'signal' | 'told'> & { readonly against: Against };

async function checkLog({ against, signal, told }: How): Promise<VerificationResult> {
  const text = await fetchCheckpoint(signal);
  const verified = await verifyCheckpoint(text, { against, told });
  return { ...verified, file: { name: 'swarm.checkpoint', text } };
}

async function checkEvent(id: string, { against, signal, told }: How): Promise<VerificationResult> {
  let text = await fetchProof(id, signal);
  const shown = await fetchEvent(id, signal);
  // It ended between the two requests: the proof is of its beginning alone.
  if (shown.completedSeq !== undefined && !text.includes(`"seq":${shown.completedSeq}`))
    text = await fetchProof(id, signal);
  const given = { proof: text, against, shown: shown as unknown as JsonObject, id };
  const verified = await verifyEvent(given, told);
  return { ...verified, event: shown, file: { name: `${id}.proof`, text } };
}
