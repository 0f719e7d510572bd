import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { pino } from 'pino';
import { waitUntil } from '../../base/wait.ts';
import { removeIndexFile } from './index-builder.ts';
import { openTestLog, type TestLog, WAIT_MS, WORKSPACE } from './search-fixture.ts';

const EVENTS = 300;

interface FilledLog extends TestLog {
  readonly index: string;
  /** How many there were since this was asked last. */
  warnings(): number;
}

async function filled(): Promise<FilledLog> {
  let warnings = 0;
  const logger = pino({ level: 'warn' }, { write: () => void warnings++ });
  const log = await openTestLog({ log: logger });
  for (let done = 0; done < EVENTS; done += 50)
    await log.append(
      ...Array.from({ length: 50 }, (_, i) => ({
        agent: 'support',
        body: `order number${done + i}`,
      })),
    );
  // As an object over the log: its search is another one after a restart.
  return Object.assign(Object.create(log), {
    index: join(log.dir, WORKSPACE, 'index.db'),
    warnings: () => {
      const told = warnings;
      warnings = 0;
      return told;
    },
  });
}

async function count(log: TestLog): Promise<number> {
  const page = await log.search.list(
    WORKSPACE,
    { agent: ['support'], text: 'order' },
    { limit: 1000 },
  );
  return page.items.length;
}

const damages: readonly (readonly [string, (path: string) => Promise<void> | void])[] = [
  ['a missing file', (path) => removeIndexFile(path)],
  ['a file that is no database', (path) => writeFileSync(path, 'x'.repeat(10_000))],
  ['an empty file', (path) => writeFileSync(path, '')],
  ['a file that was cut off', (path) => truncate(path, 12_288)],
  ['another version', (path) => changeSql(path, 'PRAGMA user_version = 0')],
  ['an index of a longer log', (path) => changeSql(path, sizeSql(1_000_000))],
  [
    'an index of another log',
    (path) =>
      changeSql(
        path,
        `UPDATE meta SET value = json_set(value, '$.last.root', 'ab') WHERE name = 'progress'`,
      ),
  ],
  ['words that are not there', (path) => changeSql(path, 'DROP TABLE words_0_0')],
  [
    'rows that point elsewhere',
    (path) => changeSql(path, 'UPDATE events SET leaf = leaf + 1048576'),
  ],
  ['pages of zeros', (path) => zeroPages(path, 4096 * 6)],
];

for (const [name, damage] of damages)
  test(`mends ${name}`, async () => {
    const log = await filled();
    await using _ = log;
    await log.restartSearch(async () => {
      // As after a crash: nothing says how the file was left.
      await rm(`${log.index}.sum`);
      await damage(log.index);
    });
    const mended = async () => (await count(log).catch(() => -1)) === EVENTS;
    assert.ok(await waitUntil(mended, { timeoutMs: WAIT_MS }), 'the index is not mended');
    await log.append({ agent: 'support', body: 'order again' });
    assert.equal(await count(log), EVENTS + 1);
  });

test('notices any byte that changed while nobody had it open', async () => {
  const log = await filled();
  await using _ = log;
  const size = readFileSync(log.index).length;
  for (const place of [0.02, 0.3, 0.5, 0.77, 0.999]) {
    await log.restartSearch(() => flipByte(log.index, Math.floor(size * place)));
    assert.equal(log.warnings(), 1, `the byte at ${place} of the file`);
    assert.equal(await count(log), EVENTS);
  }
  await log.restartSearch();
  assert.equal(log.warnings(), 0);
});

test('notices pages that break while it runs', async () => {
  const log = await filled();
  await using _ = log;
  await log.restartSearch();
  zeroPages(log.index, 4096);
  const mended = async () => {
    await log.append({ agent: 'other' });
    return (await count(log).catch(() => -1)) === EVENTS && log.warnings() > 0;
  };
  assert.ok(await waitUntil(mended, { timeoutMs: WAIT_MS }), 'the index is not mended');
});

test('leaves nothing beside the index after it was made again', async () => {
  const log = await filled();
  await using _ = log;
  await log.search.reindex(WORKSPACE);
  assert.equal(await count(log), EVENTS);
  assert.equal(existsSync(`${log.index}.new`), false);
});

test('makes the index again as often as it is asked to, without an event in between', async () => {
  const log = await filled();
  await using _ = log;
  for (let round = 0; round < 3; round++)
    assert.equal((await log.search.reindex(WORKSPACE)).entries, EVENTS);
  assert.equal(await count(log), EVENTS);
});

function changeSql(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

function sizeSql(size: number): string {
  return `UPDATE meta SET value = json_set(value, '$.size', ${size}) WHERE name = 'progress'`;
}

function flipByte(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

function zeroPages(path: string, from: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0, Math.min(from, bytes.length));
  writeFileSync(path, bytes);
}
