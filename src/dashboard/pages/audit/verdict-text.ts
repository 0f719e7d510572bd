import type { Step, Verdict } from '../../audit-proof/steps.ts';

interface Told {
  readonly verdict: Verdict;
  readonly of: 'event' | 'log';
  readonly steps: readonly Step[];
}

/** What all steps together mean, and no more than that. */
export function verdictText({ verdict, of, steps }: Told): string {
  const what = of === 'event' ? 'event' : 'log';
  if (verdict === 'wrong') return `Something does not fit: do not rely on this ${what}.`;
  if (verdict === 'unproven') return 'Not all of it could be checked. What could be fits.';
  const isServersKey = steps[0]?.state === 'note';
  const isCompared = steps.at(-1)?.state === 'ok';
  const said =
    of === 'event'
      ? 'This event is in the log, as it is shown.'
      : isCompared
        ? 'The log was only added to since the checkpoint that was kept.'
        : 'The newest checkpoint is signed by this key.';
  return isServersKey ? `${said} The key is the server’s own word: pin it to rely on more.` : said;
}
