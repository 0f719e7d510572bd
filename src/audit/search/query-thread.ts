/** The thread that answers queries, so that none of them delays the main thread. */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { EntryReader } from '../log/segment-reader.ts';
import { countOutcomes } from './count-outcomes.ts';
import { listEvents, matchingEntries } from './find-events.ts';
import { followLog } from './follow-log.ts';
import { getEvent } from './get-event.ts';
import { getRun } from './get-run.ts';
import { IndexReader } from './index-reader.ts';
import { entriesOfRow, readEvent } from './read-event.ts';
import { entryAtTime, readOutcomes } from './read-outcomes.ts';
import { serveCall } from './thread-calls.ts';
import type { FromQuery, IndexerData, QueryCalls } from './thread-messages.ts';

const port = parentPort;
if (port === null) throw new Error('this file runs as a worker thread');
const { dir }: IndexerData = workerData;
const readers = new Map<string, IndexReader>();

function say(message: FromQuery): void {
  port?.postMessage(message);
}

function readerOf({ workspaceId }: { readonly workspaceId: string }): IndexReader {
  const known = readers.get(workspaceId);
  if (known !== undefined) return known;
  const reader = new IndexReader(join(dir, workspaceId), (reason) =>
    say({ kind: 'damaged', workspaceId, reason }),
  );
  readers.set(workspaceId, reader);
  return reader;
}

async function openIntents(
  args: QueryCalls['openIntents']['args'],
): Promise<QueryCalls['openIntents']['result']> {
  const reader = readerOf(args);
  await reader.ready();
  const rows = reader.all(
    `SELECT * FROM events INDEXED BY events_open
     WHERE status = 0 AND seq > ? AND seq < ? ORDER BY seq LIMIT ?`,
    ...[args.page.afterSeq, args.size, args.page.limit],
  );
  using segments = new EntryReader(reader.dir);
  const intents = rows.flatMap((row) => {
    const found = readEvent(reader, segments, entriesOfRow(row));
    return found === undefined ? [] : [{ seq: Number(row.seq), event: found.event }];
  });
  const through = Number(rows.at(-1)?.seq ?? args.page.afterSeq);
  return { intents, through, done: rows.length < args.page.limit };
}

port.on('message', (message: unknown) => {
  serveCall<QueryCalls>(port, message, {
    list: (args) => listEvents(readerOf(args), args),
    get: (args) => getEvent(readerOf(args), args.id),
    run: (args) => getRun(readerOf(args), args.runId),
    entries: (args) => matchingEntries(readerOf(args), args),
    follow: (args) => followLog(readerOf(args), args),
    outcomes: (args) => readOutcomes(readerOf(args), args),
    entryAtTime: (args) => entryAtTime(readerOf(args), args),
    countOutcomes: (args) => countOutcomes(readerOf(args), args),
    openIntents,
    release: (args) => {
      readerOf(args).release();
      return undefined;
    },
    reopen: (args) => {
      readerOf(args).reopen();
      return undefined;
    },
    close: () => {
      for (const reader of readers.values()) reader.close();
      return undefined;
    },
  });
});
