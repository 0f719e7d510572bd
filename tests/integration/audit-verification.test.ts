/** swarmd verifies its own log: a real log, a real verifier, and what somebody did to the files. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openAudit } from '../../src/audit/audit.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { waitUntil } from '../../src/base/wait.ts';
import { DEFAULT_WORKSPACE } from '../../src/contracts/actor.ts';
import type { AuditVerifications } from '../../src/contracts/audit-verification.ts';
import { serviceEventActor } from '../../src/contracts/event-actor.ts';
import type { EventKind } from '../../src/contracts/event-kinds.ts';
import { DEFAULT_PAYLOAD_POLICY } from '../../src/contracts/trail.ts';
import { createStore } from '../../src/store/store.ts';
import { openApiStage } from './api-stage.ts';

const TIMEOUT_MS = 60_000;
const DAY_MS = 86_400_000;
const workspace = DEFAULT_WORKSPACE;
const actor = serviceEventActor('test');

interface Home {
  readonly path: string;
  /** What is open on it, to be closed before it goes. */
  readonly open: (() => Promise<void>)[];
}

async function makeHome(t: TestContext): Promise<Home> {
  const home: Home = { path: await mkdtemp(join(tmpdir(), 'swarm-verification-')), open: [] };
  t.after(async () => {
    for (const close of home.open) await close();
    await rm(home.path, { recursive: true, force: true });
  });
  return home;
}

async function openLog({ path, open: opened }: Home) {
  const log = silentLogger;
  const store = await createStore({ path: join(path, 'swarm.db'), log });
  const audit = await openAudit({ dir: join(path, 'audit'), store, log, clock: systemClock });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= audit.close().then(() => store.close());
    return closed;
  };
  opened.push(close);
  const verifications = audit.verifications(workspace);
  return { audit, close, verifications, folder: join(path, 'audit', workspace) };
}
type Log = Awaited<ReturnType<typeof openLog>>;

const body = (text: string) => ({ head: Buffer.from(text), totalBytes: text.length });

async function tell({ audit }: Pick<Log, 'audit'>, count: number): Promise<void> {
  const captured = {
    policy: { ...DEFAULT_PAYLOAD_POLICY, policy: 'full' as const },
    request: body('what was said'),
  };
  const kind = 'gateway.call' as EventKind;
  const time = new Date(Date.now() - 10 * DAY_MS).toISOString();
  for (let n = 0; n < count; n++)
    await audit.trail(workspace).record({ kind, actor, agent: `a${n}`, time, captured });
}

async function verified({ verifications }: Log): Promise<AuditVerifications> {
  verifications.begin({ actor });
  const done = await waitUntil(
    async () => {
      const found = await verifications.describe();
      return found.running === null && found;
    },
    { timeoutMs: TIMEOUT_MS },
  );
  assert.ok(done !== undefined, 'it ended');
  return done;
}

/** Changes one byte in the middle of `text`, wherever it stands first. @returns its offset */
async function flip(path: string, text: string): Promise<number> {
  const at = (await readFile(path)).indexOf(text) + Math.floor(text.length / 2);
  assert.ok(at >= text.length / 2, `${path} has ${text}`);
  const file = await open(path, 'r+');
  try {
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
    await file.write(Buffer.of((buffer[0] ?? 0) ^ 1), 0, 1, at);
  } finally {
    await file.close();
  }
  return at;
}

const firstSegment = async ({ folder }: Log) => {
  const [name] = (await readdir(join(folder, 'segments'))).toSorted();
  return `segments/${name}`;
};

test('a healthy log is intact, says over what, and says so after a restart', async (t) => {
  const home = await makeHome(t);
  const first = await openLog(home);
  await tell(first, 300);
  const { last } = await verified(first);
  assert.deepEqual([last?.verdict, last?.findings, last?.problem], ['intact', 0, null]);
  assert.ok((last?.treeSize ?? 0) >= 300, 'all that was acknowledged is covered');
  assert.match(last?.rootHash ?? '', /^[\w+/]{43}=$/);
  assert.deepEqual(await readdir(join(first.folder, 'tmp')), []);
  await first.close();
  const second = await openLog(home);
  const known = await waitUntil(async () => (await second.verifications.describe()).last ?? false, {
    timeoutMs: TIMEOUT_MS,
  });
  assert.deepEqual(known && { ...known, durationMs: 0 }, last && { ...last, durationMs: 0 });
});

test('a changed byte is found and named, told in the log, and not forgotten', async (t) => {
  const home = await makeHome(t);
  const log = await openLog(home);
  await tell(log, 20);
  const file = await firstSegment(log);
  const offset = await flip(join(log.folder, file), '"agent":"a7"');
  const { last } = await verified(log);
  assert.equal(last?.verdict, 'damaged');
  assert.deepEqual([last?.problem?.code, last?.problem?.file], ['leaf_mismatch', file]);
  const { offset: at = 0, entry } = last?.problem ?? {};
  assert.ok(at !== null && at <= offset && offset - at < 1_000, 'where the entry begins');
  const event = await waitUntil(
    () => log.audit.search.get(workspace, last?.event ?? '').catch(() => undefined),
    { timeoutMs: TIMEOUT_MS },
  );
  assert.deepEqual(
    [event?.kind, event?.status, event?.error?.code, event?.actor.name],
    ['audit.verification_failed', 'error', 'leaf_mismatch', 'test'],
  );
  assert.equal((event?.attributes?.problem as { entry?: number })?.entry, entry);
  await log.close();

  // The same bytes keep the log from being written on; what was found about it is still known.
  const again = await openLog(home);
  const known = await waitUntil(async () => (await again.verifications.describe()).last ?? false, {
    timeoutMs: TIMEOUT_MS,
  });
  assert.equal(known?.verdict, 'damaged');
  assert.equal((await verified(again)).last?.verdict, 'damaged');
});

test('files that were put back as they were once are found: swarmd knows better', async (t) => {
  const home = await makeHome(t);
  const log = await openLog(home);
  await tell(log, 20);
  await log.audit.checkpoint(workspace);
  const before = join(home.path, 'before');
  await cp(log.folder, before, { recursive: true });
  await tell(log, 20);
  await log.audit.checkpoint(workspace);
  for (const part of ['checkpoint', 'segments', 'tile']) {
    await rm(join(log.folder, part), { recursive: true });
    await cp(join(before, part), join(log.folder, part), { recursive: true });
  }
  const { last } = await verified(log);
  assert.deepEqual([last?.verdict, last?.problem?.code], ['damaged', 'log_truncated']);
});

test('a key that was put in the place of the log’s own is found', async (t) => {
  const home = await makeHome(t);
  const log = await openLog(home);
  await tell(log, 5);
  const other = await openLog(await makeHome(t));
  await tell(other, 1);
  const dir = join(log.folder, '..');
  for (const name of ['key', 'key.pub']) await cp(join(other.folder, '..', name), join(dir, name));
  const { last } = await verified(log);
  assert.deepEqual([last?.verdict, last?.problem?.code], ['damaged', 'key_mismatch']);
});

test('a log that is written and erased meanwhile is not called wrong', async (t) => {
  const log = await openLog(await makeHome(t));
  const retention = log.audit.retention(workspace);
  await retention.set({ agent: null, keepPayloadsDays: 1, keepEventsDays: 5 }, { actor });
  let isOver = false;
  const writing = (async () => {
    while (!isOver) await tell(log, 30);
  })();
  const erasing = (async () => {
    while (!isOver) await retention.run();
  })();
  const stop = async () => {
    isOver = true;
    await Promise.all([writing, erasing]);
  };
  try {
    for (let n = 0; n < 3; n++) {
      const { last, unfinished } = await verified(log);
      assert.deepEqual([last?.problem, unfinished], [null, null]);
      assert.equal(last?.verdict, 'intact');
    }
  } finally {
    await stop();
  }
});

test('through the API: who may have it verified, what they are told, and when', async (t) => {
  const stage = await openApiStage();
  t.after(() => stage.close());
  const token = async (scope: 'audit' | 'invoke') =>
    (await stage.client.createToken({ name: scope, scopes: [scope] })).value;
  const verify = async (scope: 'audit' | 'invoke') =>
    stage.call('POST', '/v1/audit/verifications', { body: {}, token: await token(scope) });

  const refused = await verify('invoke');
  assert.deepEqual([refused.status, refused.json.code], [403, 'not_permitted']);
  const none = await stage.call('POST', '/v1/audit/verifications', { body: {}, token: null });
  assert.equal(none.status, 401);
  const before = await stage.client.auditStatus();
  assert.deepEqual([before.verification.last, before.verification.running], [null, null]);

  const began = await verify('audit');
  assert.equal(began.status, 202, began.text);
  const status = await waitUntil(
    async () => {
      const now = await stage.client.auditStatus();
      return now.verification.running === null && now;
    },
    { timeoutMs: TIMEOUT_MS },
  );
  const { last } = (status || undefined)?.verification ?? {};
  assert.deepEqual([last?.event, last?.by, last?.verdict], [began.json.event, 'audit', 'intact']);
  const made = Date.parse((await stage.client.auditStatus()).checkpoint?.time ?? '');
  assert.ok(Math.abs(Date.now() - made) < DAY_MS, 'the checkpoint has a time');
  const told = await waitUntil(
    async () => {
      const { items } = await stage.client.events({ kind: 'audit.verified,audit.verify' });
      return items.length === 3 && items;
    },
    { timeoutMs: TIMEOUT_MS },
  );
  assert.deepEqual(
    (told || []).map(({ kind, status, actor: { name, address } }) => [kind, status, name, address]),
    [
      ['audit.verified', 'ok', 'audit', '127.0.0.1'],
      ['audit.verify', 'refused', 'anonymous', '127.0.0.1'],
      ['audit.verify', 'refused', 'invoke', '127.0.0.1'],
    ],
  );
});
