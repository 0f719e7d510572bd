/** For the tests of this folder: a real log in a folder of its own, with its search. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, silentLogger } from '../../base/logger.ts';
import { defineEvents } from '../../contracts/event-kinds.ts';
import type { EventDraft } from '../../contracts/trail.ts';
import { openLogWriter } from '../log/open-log-writer.ts';
import type { AppendItem, AppendReceipt, AuditSearch, LogWriter } from '../ports.ts';
import { openSearch } from './open-search.ts';

export const testEvents = defineEvents({
  'searchtest.call': { summary: 'For tests.' },
  'searchtest.tool': { summary: 'For tests.' },
  'searchother.change': { summary: 'For tests.' },
});

export const WORKSPACE = 'default';
export const WAIT_MS = 30_000;
const ACTOR: EventDraft['actor'] = { type: 'human', id: 'prn_1', name: 'Ada', auth: 'token' };

export interface TestLog extends AsyncDisposable {
  readonly dir: string;
  readonly writer: LogWriter;
  readonly search: AuditSearch;
  /** Appends, and waits until it can be found. */
  append(...items: readonly TestItem[]): Promise<readonly AppendReceipt[]>;
  indexed(): Promise<void>;
  /** Ends the search and begins it again; `between` while nobody has the index open. */
  restartSearch(between?: () => Promise<void> | void): Promise<void>;
}

export type TestItem = Partial<AppendItem['draft']> & {
  readonly body?: string;
  readonly answer?: string;
};

export async function openTestLog(options: { readonly log?: Logger } = {}): Promise<TestLog> {
  const dir = await mkdtemp(join(tmpdir(), 'swarm-search-'));
  const log = options.log ?? silentLogger;
  const writer = await openLogWriter({ dir, log });
  let search = await openSearch({ dir, writer, log });
  const indexed = () =>
    search.caughtUp(WORKSPACE, writer.committed(WORKSPACE).size, { timeoutMs: WAIT_MS });
  return {
    dir,
    writer,
    get search() {
      return search;
    },
    async append(...items) {
      const receipts = await writer.append(WORKSPACE, items.map(appendItem));
      await indexed();
      return receipts;
    },
    indexed,
    async restartSearch(between) {
      await search.close();
      await between?.();
      search = await openSearch({ dir, writer, log });
      await indexed();
    },
    async [Symbol.asyncDispose]() {
      await search.close();
      await writer.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export function appendItem({ body, answer, ...draft }: TestItem): AppendItem {
  const captured = { request: capturedBody(body), response: capturedBody(answer) };
  const hasBody = body !== undefined || answer !== undefined;
  return {
    draft: {
      kind: testEvents['searchtest.call'],
      actor: ACTOR,
      phase: 'whole',
      ...draft,
      ...(hasBody && {
        captured: {
          policy: { policy: 'full', maxBytes: 65_536, redactPaths: [], redactPatterns: [] },
          ...(captured.request && { request: captured.request }),
          ...(captured.response && { response: captured.response }),
        },
      }),
    },
  };
}

function capturedBody(text: string | undefined) {
  if (text === undefined) return undefined;
  const head = Buffer.from(text);
  return { head, totalBytes: head.length, contentType: 'text/plain' };
}
