import { once } from 'node:events';
import { SwarmError } from '../../base/errors.ts';
import type { InvokeAnswer } from '../../contracts/client.ts';
import { problem } from '../../contracts/resources.ts';
import { parseServerSentEvents } from '../../contracts/server-sent-events.ts';
import type { InvokeArguments } from '../commands/invoke.ts';
import { cliErrors } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { printable } from '../output/text.ts';
import type { Session } from '../session.ts';
import { invokeRequest } from './invoke-request.ts';
import { shownAnswer } from './shown-answer.ts';

/** The answer's body goes to standard output as it comes; a status of 400 or more is a failure. */
export async function runInvoke(
  session: Session,
  called: { name: string; path: string; options: InvokeArguments },
): Promise<number> {
  const { name, options } = called;
  const request = await invokeRequest(session.context, called);
  const client = await session.client();
  const answer = await client.invoke(name, { ...request, signal: session.signal });
  if (options.include === true) showHead(session, answer);
  const type = answer.headers['content-type'] ?? '';
  if (answer.status >= 400 && type.startsWith('application/problem+json'))
    throw await refusal(answer);
  if (options.stream === true && type.startsWith('text/event-stream'))
    await printEvents(session, answer);
  else await printBody(session, answer);
  if (answer.status < 400) return EXIT.ok;
  throw cliErrors.call_failed(
    `${name} answered ${answer.status} to ${request.method} ${request.path}`,
    {
      remedy: `See what it logged: swarm logs ${name} --stdout --tail 20`,
    },
  );
}

function showHead({ output }: Session, answer: InvokeAnswer): void {
  output.stderr.write(`HTTP ${answer.status}\n`);
  for (const [name, value] of Object.entries(answer.headers))
    output.stderr.write(`${name}: ${printable([value ?? ''].flat().join(', '))}\n`);
  output.stderr.write('\n');
}

const MAX_PROBLEM_BYTES = 1024 * 1024;

/** An error of the gateway, or of an agent that speaks the same form. */
async function refusal(answer: InvokeAnswer): Promise<Error> {
  let text = '';
  for await (const chunk of answer.body) {
    text += String(chunk);
    if (text.length > MAX_PROBLEM_BYTES) break;
  }
  const parsed = problem.safeParse(tryJson(text));
  if (!parsed.success)
    return cliErrors.call_failed(`the answer was ${answer.status}: ${text.slice(0, 500)}`);
  const { code, detail, status, remedy, details } = parsed.data;
  return new SwarmError(code, { status, remedy }, detail, details === undefined ? {} : { details });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function printEvents({ output, signal }: Session, answer: InvokeAnswer): Promise<void> {
  const shown = shownAnswer(output.stdout);
  try {
    for await (const event of parseServerSentEvents(answer.body as AsyncIterable<Buffer>)) {
      if (output.format === 'json') output.jsonLine(event);
      else output.line(shown(Buffer.from(event.data)).toString());
    }
  } catch (cause) {
    if (!signal.aborted) throw brokeOff(cause);
    throw cause;
  }
}

async function printBody({ output, signal }: Session, answer: InvokeAnswer): Promise<void> {
  let last = '';
  const shown = shownAnswer(output.stdout);
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      last = String.fromCharCode(chunk.at(-1) ?? 10);
      if (!output.stdout.write(shown(chunk))) await once(output.stdout, 'drain');
    }
  } catch (cause) {
    if (!signal.aborted) throw brokeOff(cause);
    throw cause;
  }
  // On a terminal the prompt should not stand behind the answer.
  if (output.stdout.isTTY === true && last !== '' && last !== '\n') output.stdout.write('\n');
}

function brokeOff(cause: unknown): Error {
  return cliErrors.call_failed('the answer broke off', {
    cause,
    remedy:
      'The agent or its machine ended during the call; see "swarm status" and "swarm logs NAME --stdout".',
  });
}
