/**
 * The peer: the same requests into one SQLite table, each in a transaction with synchronous=FULL.
 * It can find by agent, tool and time; it has no text index, no tree and no signatures.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const database = new DatabaseSync(join(process.argv[2] ?? '.', 'peer.db'));
database.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE events (
    id TEXT PRIMARY KEY, time TEXT NOT NULL, agent TEXT, tool TEXT, status TEXT, run TEXT,
    body TEXT NOT NULL);
  CREATE INDEX events_time ON events (time);
  CREATE INDEX events_agent ON events (agent, time);
  CREATE INDEX events_tool ON events (tool, time);
`);
const insert = database.prepare('INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?, ?)');

interface Line {
  readonly id: string;
  readonly time: string;
  readonly agent: string;
  readonly tool: string;
  readonly status: string;
  readonly run: string;
}

function store(body: string): number {
  let count = 0;
  database.exec('BEGIN');
  for (const line of body.split('\n')) {
    if (line === '') continue;
    const { id, time, agent, tool, status, run } = JSON.parse(line) as Line;
    insert.run(id, time, agent, tool, status, run, line);
    count++;
  }
  database.exec('COMMIT');
  return count;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const answer = JSON.stringify({ accepted: store(Buffer.concat(chunks).toString()) });
    response
      .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': answer.length })
      .end(answer);
  });
});
server.listen(0, '127.0.0.1', () =>
  process.send?.({ port: (server.address() as AddressInfo).port }),
);
process.on('disconnect', () => {
  database.close();
  process.exit(0);
});
