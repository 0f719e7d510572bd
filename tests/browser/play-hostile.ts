/** Plays every payload wherever something from outside can get in: log, answers, requests, events. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { waitUntil } from '../../src/base/wait.ts';
import type { EventResource } from '../../src/contracts/event.ts';
import type { EventPage, IngestReport } from '../../src/contracts/event-query.ts';
import { answerOrder, sayOrder } from './hostile-agent.ts';
import { asHeader, CONTENT_TYPES, PAYLOADS, type Payload } from './hostile-payloads.ts';
import { AGENT, type Stage } from './stage.ts';

/** Longest line of the log: 10 MB. */
export const LONG_LINE_BYTES = 10_000_000;
const AT_ONCE = 4;

export interface Played {
  /** By mark: the call whose answer had it, and the event that a program sent with it. */
  readonly answers: ReadonlyMap<string, string>;
  readonly sent: ReadonlyMap<string, string>;
  /** Runs that have such events as their steps. */
  readonly runs: readonly string[];
}

export async function playHostile(the: Stage): Promise<Played> {
  await each(PAYLOADS, (payload) => answerWith(the, payload));
  await each(PAYLOADS, (payload) => callWith(the, payload));
  const lines = PAYLOADS.map(({ mark, text }) => Buffer.from(`${mark}:${text}`));
  for (const stream of ['stdout', 'stderr'] as const)
    await the.call(
      '/say',
      sayOrder([...lines, Buffer.from([0xff, 0xfe, 0xc0, 0x80, 0xf5])], stream),
    );
  const runs = await sendEvents(the);
  await callOut(the);
  return { answers: await answersByMark(the), sent: sentByMark(), runs };
}

async function each(all: readonly Payload[], act: (payload: Payload) => Promise<unknown>) {
  const left = [...all];
  const work = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await act(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** In the answer's body, under a type that a browser would run, and in its headers. */
async function answerWith(the: Stage, { mark, text }: Payload): Promise<void> {
  const type = CONTENT_TYPES[Number(mark.slice(1)) % CONTENT_TYPES.length] ?? 'text/html';
  const headers = [
    ['content-type', type],
    ['x-hostile', asHeader(text)],
    ['link', '<https://evil.test/x.css>; rel=stylesheet'],
    ['refresh', '0; url=https://evil.test/'],
  ] as const;
  const order = answerOrder({ headers, body: `${mark}:${text}` });
  await the.request(`/answer/${mark}`, { method: 'POST', body: order });
}

/** In path, query, headers and body of what a caller asks. */
async function callWith(the: Stage, { mark, text }: Payload): Promise<void> {
  const inPath = encodeURIComponent(text.slice(0, 500).toWellFormed());
  await the.request(`/in/${mark}/${inPath}?${mark}=${inPath}`, {
    method: 'POST',
    headers: {
      'content-type': 'text/html',
      // fetch itself takes Latin-1 only.
      'user-agent': asHeader(text).replace(/[^ -~]/g, '?') || 'none',
      'x-request-id': `${mark}-x`,
    },
    body: `${mark}:${text}`,
  });
}

const runOf = (index: number) =>
  createHash('sha256')
    .update(`run ${Math.floor(index / 30)}`)
    .digest('hex')
    .slice(0, 32);
const spanOf = (index: number) =>
  createHash('sha256').update(`span ${index}`).digest('hex').slice(0, 16);

/** As a program sends its own events: names of agents, tools and models, and everything else. */
async function sendEvents(the: Stage): Promise<readonly string[]> {
  const lines = PAYLOADS.map(({ mark, text }, index) => {
    const label = (max: number) => `${mark}:${text}`.slice(0, max).toWellFormed();
    return JSON.stringify({
      id: mark,
      kind: 'program.hostile',
      status: index % 3 === 0 ? 'error' : index % 3 === 1 ? 'refused' : 'ok',
      agent: index % 2 === 0 ? AGENT : label(100),
      tool: label(200),
      provider: label(100),
      model: label(200),
      run: runOf(index),
      span: spanOf(index),
      ...(index % 30 > 0 && { parent: spanOf(index - 1) }),
      ...(index % 3 === 0 && { error: { code: 'hostile', message: label(2_000) } }),
      durationNs: (index + 1) * 1_000_000,
      tokens: { input: index, output: Number.MAX_SAFE_INTEGER },
      cost: { amount: `0.${index + 1}`, currency: 'USD' },
      attributes: { [label(100)]: label(2_000), constructor: 1, toString: { valueOf: label(50) } },
      payload: { request: label(20_000), response: label(20_000) },
    });
  });
  const answer = await the.fetch('/v1/events', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: `${lines.join('\n')}\n`,
  });
  const report = (await answer.json()) as IngestReport;
  assert.ok(report.accepted >= 100, JSON.stringify(report));
  return [...new Set(PAYLOADS.map((_, index) => runOf(index)))];
}

/** Where nothing is allowed: refusals with the payload as path. */
async function callOut(the: Stage): Promise<void> {
  for (const { mark, text } of PAYLOADS.slice(0, 10)) {
    const url = `http://${mark}.evil.test/${encodeURIComponent(text.toWellFormed())}`;
    await the.request('/call', { method: 'POST', body: JSON.stringify({ url, method: 'GET' }) });
  }
}

/** Ids of the calls that were answered, once the index has them all. */
async function answersByMark(the: Stage): Promise<ReadonlyMap<string, string>> {
  const found = await waitUntil(
    async () => {
      const ids = new Map<string, string>();
      let cursor: string | null = '';
      while (cursor !== null) {
        const query: string = `agent=${AGENT}&kind=gateway.call&limit=500${cursor && `&cursor=${cursor}`}`;
        const page: EventPage = await the.api<EventPage>('GET', `/v1/events?${query}`);
        for (const event of page.items) {
          const mark = markOf(event);
          if (mark !== undefined) ids.set(mark, event.id);
        }
        cursor = page.nextCursor;
      }
      return ids.size === PAYLOADS.length ? ids : undefined;
    },
    { timeoutMs: 20_000, intervalMs: 500 },
  );
  assert.ok(found, 'a call for each payload is in the index');
  return found;
}

function markOf({ attributes }: EventResource): string | undefined {
  return /\/answer\/(p\d{3})\b/.exec(JSON.stringify(attributes ?? {}))?.[1];
}

function sentByMark(): ReadonlyMap<string, string> {
  return new Map(PAYLOADS.map(({ mark }) => [mark, mark]));
}
