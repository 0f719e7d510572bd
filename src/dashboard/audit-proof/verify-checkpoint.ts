/** Checks that need no event: the key, a signed checkpoint, and that it goes on from a kept one. */
import { isSame, toBase64 } from './bytes.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { isConsistent } from './consistency.ts';
import { ProofProblem } from './proof-problem.ts';
import { type Step, StepList, type Verdict } from './steps.ts';
import { consistencyFromTiles, type ReadTile } from './tile-proof.ts';
import { parseKey, type VerifierKey } from './verifier-key.ts';

export interface GivenKey {
  readonly text: string;
  /** From the server itself, or from somewhere that the server cannot change. */
  readonly from: 'server' | 'pinned' | 'pasted';
}

export interface Against {
  readonly key: GivenKey;
  /** Of the log that it should be of: the second part of the origin. */
  readonly workspace: string;
  /** Signed text of an older checkpoint that was kept. */
  readonly kept?: string | undefined;
  readonly readTile: ReadTile;
}

export interface Verified {
  readonly verdict: Verdict;
  readonly steps: readonly Step[];
  /** The signed text that everything was checked against, when its signature was right. */
  readonly checkpoint?: string;
}

/** Of the log as a whole. `told` hears of each step as it ends. */
export async function verifyCheckpoint(
  note: string,
  { against, told }: { readonly against: Against; readonly told: (step: Step) => void },
): Promise<Verified> {
  const list = new StepList(told);
  const key = await checkKey(list, against.key);
  if (key === undefined) return { verdict: list.verdict(), steps: list.steps };
  const checkpoint = await checkNote(list, { note, key, workspace: against.workspace });
  if (checkpoint === undefined) return { verdict: list.verdict(), steps: list.steps };
  await checkKept(list, { checkpoint, key, against });
  return { verdict: list.verdict(), steps: list.steps, checkpoint: note };
}

export function checkKey(list: StepList, given: GivenKey): Promise<VerifierKey | undefined> {
  return list.check('Public key', async () => {
    if (globalThis.crypto?.subtle === undefined)
      throw new Error(
        'This browser checks signatures only on pages that come over HTTPS or from localhost. Download the proof and check it with: swarm audit verify',
      );
    const key = await parseKey(given.text);
    const value = `${key.name} · SHA-256 ${key.fingerprint}`;
    if (given.from === 'server')
      return [
        key,
        {
          state: 'note',
          value,
          why: 'It came from the same server as the log: the log is whole, but it could be another one. Pin the key, or paste the one you have from elsewhere.',
        },
      ];
    const from = given.from === 'pinned' ? 'is pinned in this browser' : 'was given by you';
    return [key, { value, why: `The key ${from}: the server has no say in it.` }];
  });
}

export function checkNote(
  list: StepList,
  { note, key, workspace }: { note: string; key: VerifierKey; workspace: string },
): Promise<Checkpoint | undefined> {
  return list.check('Checkpoint’s signature', async () => {
    const checkpoint = await openCheckpoint(note, key);
    if (checkpoint.origin !== `${key.name}/${workspace}`)
      throw new ProofProblem(`It is of another log: ${checkpoint.origin}`);
    const { origin, size, root } = checkpoint;
    const value = `${origin} · ${size} entries · root ${toBase64(root)}`;
    return [checkpoint, { value, why: `Signed by ${key.name} (Ed25519).` }];
  });
}

export function checkKept(
  list: StepList,
  given: {
    readonly checkpoint: Checkpoint;
    readonly key: VerifierKey;
    readonly against: Pick<Against, 'kept' | 'readTile'>;
  },
): Promise<unknown> {
  const { checkpoint, key, against } = given;
  return list.check('Goes on from the checkpoint that was kept', async () => {
    if (against.kept === undefined)
      return [
        undefined,
        {
          state: 'skipped',
          why: 'None was kept yet. Once a key is pinned, this browser keeps the newest one that it verified.',
        },
      ];
    const kept = await openCheckpoint(against.kept, key);
    if (kept.origin !== checkpoint.origin)
      throw new ProofProblem(`The one that was kept is of another log: ${kept.origin}`);
    if (kept.size > checkpoint.size)
      throw new ProofProblem(
        `The log had ${kept.size} entries and now has ${checkpoint.size}: it was cut off or put back.`,
      );
    const hashes = await consistencyFromTiles(against.readTile, kept.size, checkpoint.size);
    if (!(await isConsistent(kept, checkpoint, hashes)))
      throw new ProofProblem(
        `The first ${kept.size} entries are not those of before: the log was changed below the checkpoint that was kept.`,
      );
    const same = isSame(kept.root, checkpoint.root);
    const value = `${kept.size} → ${checkpoint.size} entries`;
    const why = same
      ? 'It is the same tree.'
      : `None of the first ${kept.size} entries was changed, moved or removed; ${hashes.length} hashes from the log’s tiles show it.`;
    return [undefined, { value, why }];
  });
}
