/** The audit log through the CLI, on a real swarmd: found, shown, proved, exported, kept and held. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import type { EventResource } from '../../src/contracts/event.ts';
import { type FakedSwarmd, startSwarmdWithFakes } from './swarmd-with-fakes.ts';

const FORMATS = ['json', 'jsonl', 'csv', 'ocsf'] as const;
const RUN = '4bf92f3577b34da6a3ce929d0e0e4736';
let swarmd: FakedSwarmd;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarm-cli-audit-'));
  swarmd = await startSwarmdWithFakes();
  const lines = [
    { id: 'r1', kind: 'program.ask', agent: 'desk', run: RUN, span: '00f067aa0ba902b7' },
    {
      ...{ id: 'r2', kind: 'program.tool', agent: 'desk', run: RUN, span: '10f067aa0ba902b7' },
      ...{ parent: '00f067aa0ba902b7', tool: 'search_web', durationNs: 5_000_000 },
      ...{ model: 'gpt-x', provider: 'openai', tokens: { input: 12, output: 3 } },
      ...{ cost: { amount: '0.25', currency: 'USD' }, attributes: { note: 'refund 4711' } },
    },
    {
      ...{ id: 'other', kind: 'program.ask', agent: 'crew', status: 'error' },
      error: { code: 'nope', message: 'a message about elephants' },
    },
  ];
  const report = await swarmd.client.sendEvents(
    Readable.from([lines.map((line) => `${JSON.stringify(line)}\n`).join('')]),
  );
  assert.deepEqual([report.accepted, report.rejected], [3, 0], JSON.stringify(report));
  await searchable();
});
after(async () => {
  await swarmd?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function searchable(): Promise<void> {
  const { size } = await swarmd.client.auditStatus();
  const done = async () => (await swarmd.client.auditStatus()).indexed >= size;
  assert.ok(await waitUntil(done, { timeoutMs: 20_000 }), 'what is written can be searched');
}
async function ok(args: readonly string[]): Promise<string> {
  const outcome = await swarmd.cli(args, { cwd: folder });
  assert.equal(outcome.exitCode, 0, `swarm ${args.join(' ')}\n${outcome.stdout}${outcome.stderr}`);
  return outcome.stdout;
}
const refused = (args: readonly string[]) => swarmd.cli(args, { cwd: folder });
async function found(args: readonly string[]): Promise<string[]> {
  const stdout = await ok(['logs', ...args, '--output', 'json']);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as EventResource).id);
}

test('events are found by every term', async () => {
  assert.deepEqual(await found(['desk']), ['r1', 'r2']);
  assert.deepEqual(await found(['--agent', 'desk,crew', '--all']), ['r1', 'r2', 'other']);
  assert.deepEqual(await found(['--tool', 'search_web']), ['r2']);
  assert.deepEqual(await found(['--kind', 'program.*', '--status', 'error']), ['other']);
  assert.deepEqual(await found(['--kind', 'program.ask', '-n', '1']), ['other']);
  assert.deepEqual(await found(['--model', 'gpt-x', '--provider', 'openai']), ['r2']);
  assert.deepEqual(await found(['--min-cost', '0.2']), ['r2']);
  assert.deepEqual(await found(['--min-cost', '0.26']), []);
  assert.deepEqual(await found(['--text', 'eleph*']), ['other']);
  assert.deepEqual(await found(['--text', '"refund 4711"']), ['r2']);
  assert.deepEqual(await found(['--run', RUN.slice(0, 8)]), ['r1', 'r2']);
  assert.deepEqual(await found(['desk', '--since', '1h']), ['r1', 'r2']);
  assert.deepEqual(await found(['desk', '--until', '1h']), []);
  assert.deepEqual(await found(['desk', '--actor', 'root']), ['r1', 'r2']);
});

test('a change through the API is an event, with who did it and from where', async () => {
  const token = await swarmd.client.createToken({ name: 'reader', scopes: ['read'] });
  await searchable();
  const [id] = await found(['--kind', 'token.create']);
  const shown = await ok(['event', 'show', id ?? '']);
  assert.match(shown, /token\.create {2}ok/);
  assert.match(shown, /actor +root \(.*auth token .*\) from 127\.0\.0\.1/);
  assert.match(shown, /change\n(.*\n)* {2}\+ .*reader/);
  assert.ok(!shown.includes(token.value), 'the token itself is not in the log');
});

test('a run is a tree, found by the beginning of its id', async () => {
  const text = await ok(['run', 'show', RUN.slice(0, 6)]);
  assert.match(
    text,
    new RegExp(`^run ${RUN}  ok\\n.*2 events, 12 → 3 tokens, 0\\.25 USD; agents: desk`),
  );
  assert.match(
    text,
    /└─ program\.ask {2}desk.*\n.*5 ms .* {3}└─ program\.tool {2}desk {2}search_web/,
  );
  const none = await refused(['run', 'show', 'f'.repeat(32)]);
  assert.equal(none.exitCode, 3);
  assert.match(none.stderr, /→ /);
});

test('following shows what comes, and nothing twice', async () => {
  const send = (id: string) =>
    swarmd.client.sendEvents(
      Readable.from([`${JSON.stringify({ id, kind: 'program.late', agent: 'late' })}\n`]),
    );
  await send('l1');
  await searchable();
  let sent = false;
  const outcome = await swarmd.cli(['logs', 'late', '-f', '--output', 'json'], {
    onOutput: (text, child) => {
      if (text.includes('"l2"')) child.kill('SIGINT');
      else if (!sent && text.includes('"l1"')) {
        sent = true;
        void send('l2');
      }
    },
  });
  assert.equal(outcome.exitCode, 130, outcome.stderr);
  const ids = outcome.stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as EventResource).id);
  assert.deepEqual(ids, ['l1', 'l2']);
});

test('status, key and checkpoint; files are never written over', async () => {
  const status = JSON.parse(await ok(['audit', 'status', '--output', 'json']));
  assert.equal(status.available, true);
  const key = await ok(['audit', 'key']);
  assert.equal(key, await readFile(join(swarmd.home, 'audit', 'key.pub'), 'utf8'));
  assert.equal(status.key.trim(), key.trim());
  await ok(['audit', 'key', '--to', 'swarm.key']);
  await ok(['audit', 'checkpoint', '--to', 'kept.checkpoint']);
  const [origin, size] = (await readFile(join(folder, 'kept.checkpoint'), 'utf8')).split('\n');
  assert.equal(origin, status.origin);
  assert.ok(Number(size) >= status.size);
  const again = await refused(['audit', 'key', '--to', 'swarm.key']);
  assert.match(again.stderr, /swarm\.key is there already\n {2}→ Name another file/);
  const nowhere = await refused(['audit', 'key', '--to', 'no/such/folder']);
  assert.match(nowhere.stderr, /cannot be written\n {2}because: ENOENT.*\n {2}→ /);
});

test('the live log verifies, also against a checkpoint kept elsewhere', async () => {
  const own = await refused(['audit', 'verify']);
  assert.equal(own.exitCode, 0, own.stdout + own.stderr);
  assert.match(own.stderr, /from the same machine as the log\.\n {2}→ .*--key FILE/);
  await ok(['audit', 'verify', '--key', 'swarm.key', '--checkpoint', 'kept.checkpoint']);
  const report = JSON.parse(
    await ok(['audit', 'verify', '--key', 'swarm.key', '--output', 'json']),
  );
  assert.equal(typeof report, 'object');
});

test('swarmd verifies its own log when asked, and the status says so', async () => {
  const out = await ok(['audit', 'verify', '--on-server']);
  assert.match(out, /^intact: \d+ entries, \d+ of them below the checkpoint, in /);
  const { verification, checkpoint } = JSON.parse(
    await ok(['audit', 'status', '--output', 'json']),
  );
  assert.deepEqual([verification.last.verdict, verification.last.by], ['intact', 'root']);
  assert.ok(Date.parse(verification.nextAt) > Date.parse(verification.last.time));
  assert.ok(Date.parse(checkpoint.time) > 0);
  assert.match(
    await ok(['audit', 'status']),
    /checkpoint +\d+ entries, made \d+\w ago.*\nverified +\d+\w ago, by root: intact: /,
  );
  const both = await refused(['audit', 'verify', '--on-server', '--strict']);
  assert.equal(both.exitCode, 2);
  assert.match(both.stderr, /takes no target and no other option/);
});

test('one event is proved to somebody who has the key and the proof only', async () => {
  await ok(['audit', 'prove', 'r2', '--to', 'r2.proof']);
  await ok(['audit', 'verify', 'r2.proof', '--key', 'swarm.key']);
  const text = await readFile(join(folder, 'r2.proof'), 'utf8');
  assert.ok(text.includes('search_web'), 'the proof holds the entry');
  await writeFile(join(folder, 'forged.proof'), text.replace('search_web', 'search_wib'));
  const forged = await refused(['audit', 'verify', 'forged.proof', '--key', 'swarm.key']);
  assert.equal(forged.exitCode, 1, forged.stdout + forged.stderr);
  const keyless = await refused(['audit', 'verify', 'r2.proof']);
  assert.equal(keyless.exitCode, 2);
  assert.match(keyless.stderr, /what is checked cannot vouch for itself\n {2}→ Add --key/);
  const unknown = await refused(['audit', 'prove', 'no-such-event']);
  assert.equal(unknown.exitCode, 3);
});

for (const format of FORMATS)
  test(`an export as ${format} verifies, and a changed byte is found`, async () => {
    const name = `export-${format}`;
    await ok(['audit', 'export', '--to', name, '--format', format, '--agent', 'desk']);
    await ok(['audit', 'verify', name, '--key', 'swarm.key']);
    const files = await readdir(join(folder, name));
    const events = files.find((file) => file.startsWith('events.')) ?? '';
    const copy = join(folder, `${name}-changed`);
    await cp(join(folder, name), copy, { recursive: true });
    const bytes = await readFile(join(copy, events));
    const at = bytes.indexOf('search_web');
    assert.ok(at > 0, `${events} holds the event`);
    bytes[at] = 'S'.charCodeAt(0);
    await writeFile(join(copy, events), bytes);
    const changed = await refused(['audit', 'verify', copy, '--key', 'swarm.key']);
    assert.equal(changed.exitCode, 1, changed.stdout + changed.stderr);
  });

test('an export into a folder that is there is refused, and leaves it as it is', async () => {
  const { exitCode, stderr } = await refused(['audit', 'export', '--to', 'export-csv']);
  assert.equal(exitCode, 1);
  assert.match(stderr, /export-csv is there already\n {2}→ Name a new folder/);
  const wrong = await refused(['audit', 'export', '--to', 'x', '--since', '1h', '--until', '2h']);
  assert.notEqual(wrong.exitCode, 0);
  await assert.rejects(stat(join(folder, 'x')), 'nothing is left of a refused export');
});

test('a changed byte in a copy of the log is found, with the same key', async () => {
  const copy = join(folder, 'log-copy', 'default');
  await cp(join(swarmd.home, 'audit', 'default'), copy, { recursive: true });
  await ok(['audit', 'verify', copy, '--key', 'swarm.key', '--checkpoint', 'kept.checkpoint']);
  const [segment = ''] = (await readdir(join(copy, 'segments'))).sort();
  const path = join(copy, 'segments', segment);
  const bytes = await readFile(path);
  const digest = createHash('sha256').update(bytes).digest('hex');
  const at = bytes.indexOf('search_web');
  bytes[at] = 'S'.charCodeAt(0);
  await writeFile(path, bytes);
  assert.notEqual(createHash('sha256').update(bytes).digest('hex'), digest);
  const changed = await refused(['audit', 'verify', copy, '--key', 'swarm.key']);
  assert.equal(changed.exitCode, 1, changed.stdout + changed.stderr);
});

test('retention is set, listed and removed; each says its undo, and is an event', async () => {
  const empty = await refused(['audit', 'retention']);
  assert.match(empty.stderr, /everything is kept for ever/);
  const set = await refused(['audit', 'retention', 'set', '--payloads', '30d', '--events', '2y']);
  assert.equal(set.exitCode, 0, set.stderr);
  assert.match(set.stderr, /kept 30 d, events 730 d\.\n {2}→ undo: swarm audit retention remove\n/);
  const changed = await refused(['audit', 'retention', 'set', '--payloads', '7d']);
  assert.match(changed.stderr, /undo: swarm audit retention set --payloads 30d --events 730d/);
  await ok(['audit', 'retention', 'set', '--agent', 'desk', '--events', 'forever']);
  const table = await ok(['audit', 'retention']);
  assert.match(table, /\(all others\) +7 d +730 d/);
  assert.match(table, /desk +as events +forever/);
  const wrong = await refused(['audit', 'retention', 'set', '--payloads', '9d', '--events', '3d']);
  assert.match(wrong.stderr, /keepEventsDays.*→/s);
  assert.equal((await refused(['audit', 'retention', 'set'])).exitCode, 2);
  assert.equal((await refused(['audit', 'retention', 'set', '--events', 'soon'])).exitCode, 2);
  await ok(['audit', 'retention', 'remove', '--agent', 'desk']);
  await ok(['audit', 'retention', 'remove']);
  assert.equal((await refused(['audit', 'retention', 'remove'])).exitCode, 3);
  await searchable();
  const kind = ['--kind', 'audit.retention_set'];
  assert.equal((await found([...kind, '--status', 'ok'])).length, 5);
  assert.equal((await found([...kind, '--status', 'error,refused'])).length, 2, 'attempts, too');
});

test('holds are placed, listed and released', async () => {
  const reason = ['--reason', 'asked by counsel'];
  const terms = ['--agent', 'desk', '--run', RUN.slice(0, 8), '--since', '2d'];
  const added = await refused(['audit', 'hold', 'add', 'case-1', ...reason, ...terms]);
  assert.equal(added.exitCode, 0, added.stderr);
  assert.match(
    added.stderr,
    /case-1 holds agent desk, run 4bf9.*undo: swarm audit hold release case-1/s,
  );
  assert.match(await ok(['audit', 'hold']), /case-1 +agent desk, run 4bf9.*asked by counsel/);
  const twice = await refused(['audit', 'hold', 'add', 'case-1', ...reason]);
  assert.equal(twice.exitCode, 1);
  const bad = await refused(['audit', 'hold', 'add', 'Case 1', ...reason]);
  assert.match(bad.stderr, /lower-case/);
  assert.equal((await refused(['audit', 'hold', 'add', 'case-2'])).exitCode, 2);
  await ok(['audit', 'hold', 'release', 'case-1']);
  assert.deepEqual(JSON.parse(await ok(['audit', 'hold', '--output', 'json'])), []);
  assert.equal((await refused(['audit', 'hold', 'release', 'case-1'])).exitCode, 3);
});

test('the index is made again, and everything is found as before', async () => {
  const before = await found(['--agent', 'desk,crew', '--all']);
  const report = JSON.parse(await ok(['audit', 'reindex', '--output', 'json']));
  assert.ok(report.entries > 0);
  assert.deepEqual(await found(['--agent', 'desk,crew', '--all']), before);
});

test('after a kill -9 everything acknowledged is there, and the log verifies', async () => {
  const before = await found(['--all']);
  await swarmd.restart('SIGKILL');
  await searchable();
  const now = new Set(await found(['--all']));
  assert.deepEqual(
    before.filter((id) => !now.has(id)),
    [],
  );
  await ok(['audit', 'verify', '--key', 'swarm.key', '--checkpoint', 'kept.checkpoint']);
});

// The last one: nothing is right after it.
test('a byte that is changed under a running swarmd is found by it, and said wherever one looks', async () => {
  const segments = join(swarmd.home, 'audit', 'default', 'segments');
  const [segment = ''] = (await readdir(segments)).sort();
  const at = (await readFile(join(segments, segment))).indexOf('search_web');
  const file = await open(join(segments, segment), 'r+');
  await file.write('S', at).finally(() => file.close());
  const found = await refused(['audit', 'verify', '--on-server']);
  assert.equal(found.exitCode, 1, found.stderr);
  const where = new RegExp(`leaf_mismatch: segments/${segment}, byte \\d+, entry \\d+: `);
  assert.match(found.stdout, new RegExp(`^damaged: ${where.source}`));
  const status = await refused(['audit', 'status']);
  assert.equal(status.exitCode, 1);
  assert.match(status.stdout, where);
  assert.match(await ok(['status']), where);
});
