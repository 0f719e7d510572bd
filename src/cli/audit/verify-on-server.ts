/** `swarm audit verify --on-server`: swarmd goes over its own log, and this waits for the verdict. */
import { sleep } from '../../base/wait.ts';
import { cliErrors } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { oneLine } from '../logs/event-text.ts';
import type { Session } from '../session.ts';
import { verdictText } from './verification-text.ts';

const ASK_EVERY_MS = 500;
/** As of the verifier itself: nothing could be found out. */
const NO_VERDICT = 2;

/** Waits as long as it takes: swarmd bounds it, and Ctrl-C ends the waiting alone. */
export async function verifyOnServer(session: Session): Promise<number> {
  const { output, signal } = session;
  const client = await session.client();
  const begun = await client.verifyAudit();
  output.note(
    begun.joined ? 'swarmd verifies its log already: waiting …' : 'swarmd verifies its log …',
  );
  for (;;) {
    const { verification } = await client.auditStatus();
    const { running, last, unfinished } = verification;
    if (running?.event === begun.event) {
      await sleep(ASK_EVERY_MS, undefined, { signal });
      continue;
    }
    if (last?.event === begun.event) {
      if (output.format === 'json') output.json(last);
      else output.line(verdictText(last, output.colors));
      return last.verdict === 'intact' ? EXIT.ok : EXIT.failure;
    }
    const ended = unfinished?.event === begun.event ? unfinished.reason : undefined;
    if (output.format === 'json') output.json(unfinished);
    else output.note(`no verdict: ${oneLine(ended ?? 'swarmd was started again meanwhile')}`);
    return NO_VERDICT;
  }
}

/** What it is given otherwise names files of this machine. */
export function refuseWithOnServer(others: readonly unknown[]): void {
  if (others.every((other) => other === undefined)) return;
  throw cliErrors.usage('--on-server takes no target and no other option: it is swarmd’s own log', {
    remedy: 'Leave the others out, or --on-server.',
  });
}
