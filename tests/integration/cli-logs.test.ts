/** `swarm logs`, `event` and `run` as a process, against a server that answers what a test says. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { EventResource } from '../../src/contracts/event.ts';
import { runCli, type StubServer, sendJson, sendProblem, startStubServer } from './cli-process.ts';

let server: StubServer;
beforeEach(async () => {
  server = await startStubServer();
});
afterEach(() => server.close());

const cli = (args: readonly string[], options: Parameters<typeof runCli>[1] = {}) =>
  runCli(args, { ...options, env: { ...server.env, TZ: 'UTC', ...options.env } });

const RUN = 'ab'.repeat(16);
function event(seq: number, facts: Partial<EventResource> = {}): EventResource {
  const time = `2026-01-01T00:00:${String(seq).padStart(2, '0')}.000Z`;
  return {
    ...{ seq, id: `evt_${String(seq).padStart(4, '0')}`, time, recorded: time },
    ...{ workspace: 'default', kind: 'gateway.call' as const, status: 'ok' as const, run: RUN },
    actor: { type: 'human', id: 'prn_1', name: 'root', auth: 'token' },
    ...{ agent: 'desk', replica: 0, durationNs: 12_000_000 },
    attributes: { method: 'POST', path: '/ask', statusCode: 200 },
    ...facts,
  };
}
const status = {
  ...{ workspace: 'default', available: true, reason: null, size: 9, indexed: 9 },
  ...{ checkpoint: { size: 9, root: 'AAAA' }, origin: 'swarm-1/default', key: 'swarm-1+2+3' },
};
const page = (...items: EventResource[]) => ({ items, nextCursor: null });
const queryOf = (index: number) =>
  Object.fromEntries(new URL(`http://x${server.seen[index]?.path}`).searchParams);

test('the newest events, oldest first, with when, what, how, and by whom', async () => {
  server.on('GET /v1/events', page(event(2, { status: 'error' }), event(1)));
  const { stdout, exitCode } = await cli(['logs', 'desk']);
  assert.equal(exitCode, 0);
  const [head, first, second] = stdout.split('\n');
  assert.match(head ?? '', /^TIME +KIND +AGENT +STATUS +TOOK +RUN +SUMMARY$/);
  assert.match(
    first ?? '',
    /^2026-01-01 00:00:01\.000 +gateway\.call +desk\/0 +ok +12 ms +abababab +POST \/ask → 200 · by root$/,
  );
  assert.match(second ?? '', /00:00:02\.000 .* error /);
  assert.deepEqual(queryOf(0), { agent: 'desk', limit: '50' });
  const ids = (await cli(['logs', '--ids'])).stdout.split('\n');
  assert.match(ids[1] ?? '', /^evt_0001 +2026-01-01 00:00:01\.000 /);
});

test('every term reaches the API; local times are sent in UTC, durations as they are', async () => {
  server.on('GET /v1/events', page());
  const args = [
    ...['--tool', 'a,b', '--tool', 'c', '--kind', 'gateway.*', '--status', 'error,unknown'],
    ...['--since', '7d', '--until', '2026-01-02 03:04', '--actor', 'root', '--run', RUN],
    ...['--model', 'm', '--provider', 'p', '--machine', 'mch_1', '--text', '"a b" c*'],
    ...['--min-cost', '0.5', '--agent', 'x', '-n', '7'],
  ];
  const outcome = await cli(['logs', ...args], { env: { TZ: 'Etc/GMT-2' } });
  assert.equal(outcome.exitCode, 0, outcome.stderr);
  assert.match(outcome.stderr, /No event matches/);
  assert.deepEqual(queryOf(0), {
    ...{ agent: 'x', tool: 'a,b,c', kind: 'gateway.*', status: 'error,unknown', since: '7d' },
    ...{ until: '2026-01-02T01:04:00.000Z', actor: 'root', run: RUN, model: 'm', provider: 'p' },
    ...{ machine: 'mch_1', text: '"a b" c*', minCost: '0.5', limit: '7' },
  });
});

test('--all reads every page, oldest first; --output json gives one event a line', async () => {
  server.on('GET /v1/events', (seen, response) => {
    const second = seen.path.includes('cursor=next');
    sendJson(response, { items: [event(second ? 2 : 1)], nextCursor: second ? null : 'next' });
  });
  const { stdout } = await cli(['logs', '--all', '--output', 'json']);
  const seqs = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as EventResource).seq);
  assert.deepEqual(seqs, [1, 2]);
  assert.deepEqual(queryOf(0), { order: 'asc', limit: '1000' });
});

test('-f shows what ends from then on, once, and resumes behind what was there', async () => {
  server.on('GET /v1/audit', { ...status, indexed: 1 });
  server.on('GET /v1/events', page(event(1)));
  server.on('GET /v1/events/watch', (_seen, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const told = [
      event(1),
      event(2, { status: 'open' }),
      event(2, { completedSeq: 3, status: 'refused' }),
    ];
    for (const one of told)
      response.write(`id: ${one.completedSeq ?? one.seq}\ndata: ${JSON.stringify(one)}\n\n`);
  });
  const { stdout, exitCode } = await cli(['logs', '-f'], {
    onOutput: (text, child) => text.includes('refused') && child.kill('SIGINT'),
  });
  assert.equal(exitCode, 130);
  assert.equal(
    server.seen.find((one) => one.path.includes('watch'))?.headers['last-event-id'],
    '0',
  );
  assert.deepEqual(stdout.match(/ (ok|open|refused) /g), [' ok ', ' refused ']);
});

test('what a guest wrote cannot drive the terminal or break a row', async () => {
  const path = '/a\u001b[2J\u001b]0;t\u0007\nFAKE ROW\t\u009b31m';
  const error = { code: 'x', message: 'one\r\ntwo\u001b[31m' };
  server.on('GET /v1/events', page(event(1, { error, attributes: { method: 'GET', path } })));
  const { stdout } = await cli(['logs']);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
  assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  assert.equal(stdout.trim().split('\n').length, 2);
  server.on(
    'GET /v1/events/evt_0001',
    event(1, { error, attributes: { path, 'k\u001b[2J': path } }),
  );
  server.on('GET /v1/audit', status);
  const full = await cli(['event', 'show', 'evt_0001']);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
  assert.doesNotMatch(full.stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test('options of the other form are refused with what to do', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['logs', 'desk', '--tail', '5'], /--tail needs --stdout\n {2}→ Add --stdout/],
    [['logs', 'desk', '--stream', 'stderr'], /--stream needs --stdout/],
    [['logs', 'desk', '--stdout', '--tool', 'x'], /--tool chooses events, and --stdout shows none/],
    [['logs', 'desk', '--stdout', '--min-cost', '1'], /--min-cost chooses events/],
    [['logs', '--stdout'], /--stdout shows the output of one agent\n {2}→ Name it/],
    [['logs', 'desk', '--agent', 'crew'], /name different agents/],
    [['logs', '--all', '-n', '5'], /--all and --limit do not go together/],
    [['logs', '--status', 'bad'], /must be one of open, ok, error, refused, unknown/],
    [['logs', '--since', 'tuesday'], /must be a duration such as 10m/],
    [['logs', '--run', 'xyz'], /must be the id of a run/],
    [['logs', '--min-cost', '-1'], /must be a decimal number/],
    [['logs', '--tool', 'a,'], /must not be empty/],
  ];
  for (const [args, wanted] of cases) {
    const { exitCode, stderr } = await cli(args);
    assert.match(stderr, wanted, args.join(' '));
    assert.equal(exitCode, 2, args.join(' '));
  }
  assert.deepEqual(server.seen, []);
});

test('an event in full: who, the change, bodies, and where its proof is', async () => {
  server.on(
    'GET /v1/events/evt_0001',
    event(1, {
      completedSeq: 4,
      attributes: { before: { replicas: 1, a: [1] }, after: { replicas: 3, a: [1] } },
      payload: { policy: 'redacted', commit: 'x'.repeat(44), request: { bytes: 9, redactions: 1 } },
      content: { request: { encoding: 'utf8', body: '{"q":"[email]"}' } },
    }),
  );
  server.on('GET /v1/audit', status);
  const { stdout } = await cli(['event', 'show', 'evt_0001']);
  assert.match(stdout, /^evt_0001 {2}gateway\.call {2}ok\n/);
  assert.match(stdout, /actor +root \(human prn_1, auth token\)/);
  assert.match(stdout, /change\n {2}- replicas: 1\n {2}\+ replicas: 3\n/);
  assert.match(stdout, /request body 9 B, 1 taken out\n {2}\{\n {4}"q": "\[email\]"\n {2}\}/);
  assert.match(stdout, /entries 1 and 4 of swarm-1\/default, under the checkpoint of 9/);
});

test('a beginning of an id is enough where only one begins so', async () => {
  server.on('GET /v1/events', page(event(1), event(2)));
  server.on('GET /v1/events/evt_0001', event(1));
  server.on('GET /v1/audit', status);
  const run = {
    ...{ id: RUN, status: 'ok', agents: ['desk'], startedAt: '2026-01-01T00:00:01.000Z' },
    ...{ endedAt: '2026-01-01T00:00:02.000Z', durationNs: 1e9, events: 3, errors: 0 },
    ...{ tokens: { input: 10, output: 2 }, cost: [{ amount: '0.01', currency: 'USD' }] },
    truncated: false,
    roots: [
      {
        event: event(1),
        children: [
          { event: event(2, { tool: 'search' }), children: [] },
          { event: event(3), children: [] },
        ],
      },
    ],
  };
  server.on(`GET /v1/runs/${RUN}`, run);
  const { stdout } = await cli(['run', 'show', 'abab']);
  assert.match(
    stdout,
    /^run (ab)+ {2}ok\n.*1\.0 s, 3 events, 10 → 2 tokens, 0\.01 USD; agents: desk/,
  );
  assert.match((await cli(['run', 'show', RUN, '--ids'])).stdout, /\nevt_0001 +\+0 ms/);
  assert.match(stdout, /\+0 ms .*└─ gateway\.call {2}desk\/0/);
  assert.match(stdout, /\+1\.0 s .* {3}├─ gateway\.call .*search/);
  assert.match(stdout, /\+2\.0 s .* {3}└─ gateway\.call/);
  assert.deepEqual(JSON.parse((await cli(['run', 'show', RUN, '--output', 'json'])).stdout), run);

  const two = await cli(['event', 'show', 'evt_000']);
  assert.equal(two.exitCode, 2);
  assert.match(two.stderr, /could be 2 of them\n {2}→ Give more of the id: evt_0001, evt_0002/);
  const none = await cli(['run', 'show', 'ffff']);
  assert.equal(none.exitCode, 3);
  server.on('GET /v1/events/nothing', (_seen, response) =>
    sendProblem(response, { status: 404, code: 'event_not_found', detail: 'no such event' }),
  );
  assert.match((await cli(['event', 'show', 'nothing'])).stderr, /no such event/);
});
