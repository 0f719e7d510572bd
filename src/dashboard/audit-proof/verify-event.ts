/** Checks that an event is in the log as it is shown: docs/audit-format.md, “Proofs”. */
import { isSame, toBase64, utf8 } from './bytes.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Checkpoint } from './checkpoint.ts';
import { differences, eventOfEntries } from './event-of-entries.ts';
import { rootOfInclusion } from './inclusion.ts';
import { checkPayload } from './payload-commitment.ts';
import { type JsonObject, type ProofEntry, type ProofFile, parseProof } from './proof-file.ts';
import { ProofProblem } from './proof-problem.ts';
import { type Step, StepList } from './steps.ts';
import { leafHash } from './tree-hash.ts';
import {
  type Against,
  checkKept,
  checkKey,
  checkNote,
  type Verified,
} from './verify-checkpoint.ts';

export interface EventToVerify {
  /** The proof, byte for byte as the server sent it. */
  readonly proof: string;
  readonly against: Against;
  /** The event as the page shows it; undefined: only the proof is looked at. */
  readonly shown?: JsonObject | undefined;
  /** Id that was asked for. */
  readonly id?: string | undefined;
}

/** `told` hears of each step as it ends. */
export async function verifyEvent(
  given: EventToVerify,
  told: (step: Step) => void,
): Promise<Verified> {
  const list = new StepList(told);
  const { against } = given;
  const key = await checkKey(list, against.key);
  const proof = await list.check('Proof', async () => {
    const parsed = parseProof(given.proof);
    const numbers = parsed.entries.map(({ seq }) => seq).join(' and ');
    const two = parsed.entries.length === 2;
    const why = two ? 'It has the intent and the completion of one action.' : 'It has one entry.';
    return [parsed, { value: `swarm-proof/v1 · entry ${numbers}`, why }];
  });
  const done = () => ({ verdict: list.verdict(), steps: list.steps });
  if (key === undefined || proof === undefined) return done();
  const note = proof.checkpoint;
  const checkpoint = await checkNote(list, { note, key, workspace: against.workspace });
  if (checkpoint === undefined) return done();
  await checkHead(list, { proof, checkpoint, id: given.id });
  for (const entry of proof.entries) await checkEntry(list, { entry, checkpoint, against });
  if (given.shown !== undefined) await checkShown(list, proof.entries, given.shown);
  await checkKept(list, { checkpoint, key, against });
  return { ...done(), checkpoint: note };
}

/** What the proof says of itself, beside what is signed. */
function checkHead(
  list: StepList,
  given: { proof: ProofFile; checkpoint: Checkpoint; id: string | undefined },
): Promise<unknown> {
  const { proof, checkpoint, id } = given;
  return list.check('Belongs together', async () => {
    if (proof.origin !== checkpoint.origin || proof.size !== checkpoint.size)
      throw new ProofProblem('The proof says another origin or size than its checkpoint.');
    const [first, second] = proof.entries.map(({ entry }) => entry);
    if (id !== undefined && first !== undefined && first.id !== id)
      throw new ProofProblem(`It is the proof of another event: ${String(first.id)}`);
    if (first !== undefined && first.phase === 'completion')
      throw new ProofProblem('It has a completion without its intent.');
    if (proof.entries.length === 1) {
      if (first?.phase !== 'intent')
        return [undefined, { why: 'Entry and checkpoint are of one log.' }];
      const why = 'It has only begun: when it ends, a second entry will say how.';
      return [undefined, { state: 'note', why }];
    }
    if (first === undefined || second === undefined)
      return [undefined, { state: 'skipped', why: 'One of the entries was erased.' }];
    const fits =
      first.phase === 'intent' &&
      second.phase === 'completion' &&
      second.intent === first.seq &&
      second.id === first.id;
    if (!fits)
      throw new ProofProblem('The two entries are not intent and completion of one action.');
    return [undefined, { why: 'Intent, completion and checkpoint are of one action and one log.' }];
  });
}

async function checkEntry(
  list: StepList,
  given: { entry: ProofEntry; checkpoint: Checkpoint; against: Against },
): Promise<void> {
  const { entry: proven, checkpoint, against } = given;
  const { seq, entry, hashes } = proven;
  await list.check(`Entry ${seq}: leaf hash`, async () => {
    const value = toBase64(proven.leafHash);
    if (entry === undefined) {
      if (proven.payload !== undefined || proven.payloadSalt !== undefined)
        throw new ProofProblem('The entry was erased, and yet there is content.');
      const why = 'The entry was erased by retention: only its place in the log can be shown.';
      return [undefined, { state: 'note', value, why }];
    }
    const bytes = utf8(canonicalJson(entry));
    if (!isSame(await leafHash(bytes), proven.leafHash))
      throw new ProofProblem('The entry does not have this leaf hash: it is not what was written.');
    if (entry.seq !== seq || entry.workspace !== against.workspace)
      throw new ProofProblem('The entry says that it stands elsewhere.');
    return [undefined, { value, why: `Made anew from the entry’s ${bytes.length} bytes.` }];
  });
  if (entry !== undefined)
    await list.check(`Entry ${seq}: content`, async () => [undefined, await checkPayload(proven)]);
  await list.check(`Entry ${seq}: path to the root`, async () => {
    const { size } = checkpoint;
    const root = await rootOfInclusion({ leaf: proven.leafHash, index: seq, size, hashes });
    if (root === undefined || !isSame(root, checkpoint.root))
      throw new ProofProblem('The path does not lead from this entry to the signed root.');
    const why = `${hashes.length} hashes lead from leaf ${seq} of ${size} to the signed root.`;
    return [undefined, { value: toBase64(root), why }];
  });
}

function checkShown(
  list: StepList,
  entries: readonly ProofEntry[],
  shown: JsonObject,
): Promise<unknown> {
  return list.check('What is shown', async () => {
    const proven = eventOfEntries(entries);
    if (proven === undefined)
      return [undefined, { state: 'skipped', why: 'It was erased: there is nothing to compare.' }];
    const wrong = differences(proven, shown);
    if (wrong.length > 0)
      throw new ProofProblem(`The server shows something else than it proves: ${wrong.join(', ')}`);
    return [undefined, { why: 'The event that the server shows is the one that is proven.' }];
  });
}
