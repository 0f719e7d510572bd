/** Docs/audit-format.md, “Payloads”: what an entry commits to, and whether this is it. */
import { fromBase64, joined, toBase64, utf8 } from './bytes.ts';
import { isObject, type ProofEntry } from './proof-file.ts';
import { ProofProblem } from './proof-problem.ts';
import type { Found } from './steps.ts';
import { sha256 } from './tree-hash.ts';

const SALT_BYTES = 32;

/** @throws ProofProblem */
export async function checkPayload(given: ProofEntry): Promise<Found> {
  const { entry, payload, payloadSalt } = given;
  const record = entry?.payload;
  const commit = isObject(record) ? record.commit : undefined;
  if (commit === undefined) {
    if (payload !== undefined || payloadSalt !== undefined)
      throw new ProofProblem('There is content to which the entry does not commit.');
    return { state: 'skipped', why: 'No content was stored with this entry.' };
  }
  if (payload === null && payloadSalt === undefined)
    return {
      state: 'skipped',
      why: 'The content was erased by retention; the entry stays proven.',
    };
  const salt = typeof payloadSalt === 'string' ? fromBase64(payloadSalt) : undefined;
  if (!isObject(payload) || salt?.length !== SALT_BYTES)
    throw new ProofProblem('The entry commits to content that is not here.');
  const json = utf8(JSON.stringify(payload));
  const digest = toBase64(await sha256(joined(Uint8Array.of(2), salt, json)));
  if (digest !== commit) throw new ProofProblem('The content is not what the entry commits to.');
  return { value: digest, why: 'Request and response are those that the entry commits to.' };
}
