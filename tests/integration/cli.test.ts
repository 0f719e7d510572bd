import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, before, beforeEach, test } from 'node:test';
import { runCli, type StubServer, sendJson, sendProblem, startStubServer } from './cli-process.ts';

let server: StubServer;
let folder: string;
beforeEach(async () => {
  server = await startStubServer();
  folder = await mkdtemp(join(tmpdir(), 'swarm-cli-'));
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const time = '2026-01-01T00:00:00.000Z';
const agent = {
  ...{ id: 'agt_1', name: 'desk', workspace: 'default', state: 'running', revision: 2, labels: {} },
  replicas: { desired: 1, healthy: 1, items: [] },
  image: { digest: `sha256:${'a'.repeat(64)}`, origin: 'image desk:1' },
  ...{ deployment: null, url: 'http://127.0.0.1/agents/desk/', createdAt: time, updatedAt: time },
};
const deployment = {
  ...{ id: 'dpl_1', agent: 'desk', kind: 'deploy', state: 'running', step: null, error: null },
  ...{ fromRevision: 1, toRevision: 2, createdAt: time, finishedAt: null, createdBy: 'root' },
};

const cli = (args: readonly string[], options: Parameters<typeof runCli>[1] = {}) =>
  runCli(args, { ...options, cwd: folder, env: { ...server.env, ...options.env } });

function events(response: ServerResponse, list: readonly object[], { end = true } = {}): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  list.forEach((event, index) => {
    response.write(
      `id: ${index + 1}\ndata: ${JSON.stringify({ seq: index + 1, time, ...event })}\n\n`,
    );
  });
  if (end) response.end();
}

async function writeManifest(spec = '  image: desk:1'): Promise<void> {
  const head = 'apiVersion: swarm/v1\nkind: Agent\nmetadata:\n  name: desk\nspec:\n';
  await writeFile(join(folder, 'agent.yaml'), `${head}${spec}\n`);
}

test('lists: a table for people, the resources as they are with --output json', async () => {
  server.on('GET /v1/agents', { items: [agent], nextCursor: null });
  const table = await cli(['agents']);
  assert.match(table.stdout, /^NAME +STATE +REPLICAS .*\ndesk +running +1\/1 +2 +image desk:1/);
  const json = await cli(['agents', '--output', 'json']);
  assert.deepEqual(JSON.parse(json.stdout), [agent]);
  assert.equal(server.seen[0]?.headers.authorization, 'Bearer test-token');
});

test('an agent that is paused is shown as such, with what ends it', async () => {
  server.on('GET /v1/agents/desk', agent);
  const pause = { agent: 'desk', pausedAt: time, pausedBy: 'ada', reason: 'it loops' };
  server.on('GET /v1/pauses', { items: [{ ...pause, agent: 'other' }, pause] });
  const { stderr } = await cli(['status', 'desk']);
  assert.match(
    stderr,
    /^desk is paused since .* by ada: it loops; .*\n {2}→ swarm agents resume desk$/m,
  );
  assert.doesNotMatch(stderr, /other/);
});

test('what leads out of the machines is shown as far as they said it', async () => {
  const shown = async (...said: (string | undefined)[]) => {
    const items = said.map((capture, number) => ({
      ...{ number, state: 'running', failures: 0, restarts: 0, nextStartAt: null, reason: null },
      machine: {
        ...{ id: `mch_${number}`, agent: 'desk', revision: 2, generation: 0, replica: number },
        ...{ state: 'healthy', reason: null, createdAt: time, startedAt: time, healthyAt: time },
        ...{ endedAt: null, exit: null, usage: null, capture },
      },
    }));
    server.on('GET /v1/agents/desk', { ...agent, replicas: { ...agent.replicas, items } });
    server.on('GET /v1/pauses', { items: [] });
    const { stdout } = await cli(['status', 'desk']);
    return /^way out +(.*)$/m.exec(stdout)?.[1];
  };
  assert.equal(await shown(undefined), undefined);
  assert.equal(await shown('all', undefined), 'every connection is caught');
  assert.match((await shown('all', 'none')) ?? '', /^only what takes the proxy variables/);
});

test('pages are read to the last', async () => {
  server.on('GET /v1/agents', (seen, response) => {
    const second = seen.path.includes('cursor=next');
    const items = [{ ...agent, name: second ? 'b' : 'a' }];
    sendJson(response, { items, nextCursor: second ? null : 'next' });
  });
  const { stdout } = await cli(['agents', '--output', 'json']);
  assert.deepEqual(
    (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name),
    ['a', 'b'],
  );
});

test('exit codes: usage 2, not found 3, unreachable 4, unauthorised 5, failure 1', async () => {
  const outcomes = [
    await cli(['agents', '--nonsense']),
    await cli(['scale', 'desk', '--replicas', '10000']),
    await cli(['status', 'nobody']),
    await runCli(['agents'], { env: { SWARM_HOME: folder } }),
  ];
  assert.deepEqual(
    outcomes.map(({ exitCode }) => exitCode),
    [2, 2, 3, 4],
  );
  server.on('GET /v1/agents', (_seen, response) =>
    sendProblem(response, { status: 401, code: 'unauthorised', detail: 'wrong token' }),
  );
  assert.equal((await cli(['agents'])).exitCode, 5);
  server.on('GET /v1/agents', (_seen, response) =>
    sendProblem(response, { status: 500, code: 'internal', detail: 'broken' }),
  );
  assert.equal((await cli(['agents'])).exitCode, 1);
});

test('what is wrong with the words of a command is said with the command that was meant', async () => {
  const said = async (...args: string[]) => {
    const { exitCode, stderr } = await cli(args);
    assert.equal(exitCode, 2, args.join(' '));
    return stderr;
  };
  assert.equal(
    await said('egress'),
    'error: "swarm egress" needs a command: one of show, allow, remove, mode, suggest, check\n' +
      '  → Run "swarm egress --help" to see how it is used.\n',
  );
  assert.match(
    await said('secrets', 'lst'),
    /unknown command 'lst': it is one of list, set, rotate/,
  );
  assert.match(await said('secrets', 'list', 'x'), /too many arguments for 'list'/);
  assert.match(await said('audit', 'export'), /Run "swarm audit export --help"/);
  assert.match(await said('audit', 'hold', 'nope'), /Run "swarm audit hold --help"/);
  assert.match(await said('secret', 'list'), /Did you mean secrets\?.*\n.*Run "swarm --help"/);
});

test('errors: words and a remedy on the error output, JSON when asked for, never a stack', async () => {
  const remedy = 'Did you mean "desk"?';
  server.on('GET /v1/agents/dsk', (_seen, response) =>
    sendProblem(response, {
      status: 404,
      code: 'agent_not_found',
      detail: 'No agent "dsk".',
      remedy,
    }),
  );
  const words = await cli(['status', 'dsk']);
  assert.equal(words.stdout, '');
  assert.equal(words.stderr, `error: No agent "dsk".\n  → ${remedy}\n`);
  const json = await cli(['status', 'dsk', '--output=json']);
  const { error } = JSON.parse(json.stderr) as { error: { code: string; remedy: string } };
  assert.deepEqual([error.code, error.remedy], ['agent_not_found', remedy]);
});

test('deploy: sends manifest and source, shows the steps, ends with the address', async () => {
  await writeManifest();
  server.on('POST /v1/deployments', (_seen, response) => sendJson(response, deployment, 202));
  server.on('GET /v1/deployments/dpl_1/events', (_seen, response) =>
    events(response, [
      { type: 'step', step: 'resolve', state: 'started' },
      { type: 'log', from: 'build', text: 'STEP 1' },
      { type: 'step', step: 'resolve', state: 'done', durationMs: 1500 },
      { type: 'finished', deployment: { ...deployment, state: 'succeeded' } },
    ]),
  );
  server.on('GET /v1/agents/desk', agent);
  const outcome = await cli(['deploy', '--agent', 'agent.yaml'], {
    env: { SWARM_GIT_TOKEN: 'hidden-1' },
  });
  assert.equal(outcome.exitCode, 0, outcome.stderr);
  assert.equal(outcome.stdout, 'http://127.0.0.1/agents/desk/\n');
  assert.match(outcome.stderr, /build \| STEP 1\nGet the image: done in 1.5 s\n/);
  const sent = server.seen.find((one) => one.method === 'POST');
  const body = JSON.parse(sent?.body ?? '{}');
  assert.deepEqual(body.source, { type: 'image', reference: 'desk:1' });
  assert.equal(body.manifest.metadata.name, 'desk');
  assert.equal(sent?.headers['swarm-git-token'], 'hidden-1');
  assert.ok(sent?.headers['idempotency-key']);
  assert.doesNotMatch(outcome.stdout + outcome.stderr, /hidden-1/);
});

test('deploy of a bare folder: uploads it as an archive and names the agent after it', async () => {
  const bare = join(folder, 'My Agent');
  await mkdir(join(bare, 'node_modules/x'), { recursive: true });
  await writeFile(join(bare, 'main.py'), 'print(1)');
  await writeFile(join(bare, '.env'), 'KEY=secret-value');
  server.on('POST /v1/uploads', (_seen, response) =>
    sendJson(response, { id: `upl_${'0'.repeat(20)}`, sha256: 'x', bytes: 1 }, 201),
  );
  server.on('POST /v1/deployments', (_seen, response) => sendJson(response, deployment, 202));
  const outcome = await cli(['deploy', './My Agent', '--detach']);
  assert.equal(outcome.exitCode, 0, outcome.stderr);
  assert.equal(outcome.stdout, 'dpl_1\n');
  assert.match(outcome.stderr, /\.env was left out/);
  const [upload, deploy] = server.seen;
  assert.match(upload?.body ?? '', /main\.py/);
  assert.doesNotMatch(upload?.body ?? '', /secret-value|node_modules/);
  const body = JSON.parse(deploy?.body ?? '{}');
  assert.equal(body.manifest.metadata.name, 'my-agent');
  assert.deepEqual(body.source, { type: 'folder', uploadId: `upl_${'0'.repeat(20)}`, name: bare });
});

test('a failed deployment: the reason, the remedy, exit code 1', async () => {
  await writeManifest();
  const error = {
    type: 't',
    title: 't',
    status: 500,
    code: 'agent_unhealthy',
    detail: 'port 80 is silent',
    remedy: 'See the log.',
  };
  server.on('POST /v1/deployments', (_seen, response) => sendJson(response, deployment, 202));
  server.on('GET /v1/deployments/dpl_1/events', (_seen, response) =>
    events(response, [{ type: 'finished', deployment: { ...deployment, state: 'failed', error } }]),
  );
  const outcome = await cli(['deploy']);
  assert.equal(outcome.exitCode, 1);
  assert.match(outcome.stderr, /error: port 80 is silent\n {2}→ See the log\.\n$/);
});

test('nothing is sent when agent.yaml is wrong', async () => {
  await writeManifest('  image: desk:1\n  replicas: 10000');
  const outcome = await cli(['deploy']);
  assert.equal(outcome.exitCode, 2);
  assert.match(outcome.stderr, /agent\.yaml:7:13: spec\.replicas: must be at most 100/);
  assert.deepEqual(server.seen, []);
});

test('Ctrl-C lets go of a deployment, and says how to go on', async () => {
  await writeManifest();
  server.on('POST /v1/deployments', (_seen, response) => sendJson(response, deployment, 202));
  server.on('GET /v1/deployments/dpl_1/events', (_seen, response) =>
    events(response, [{ type: 'step', step: 'resolve', state: 'started' }], { end: false }),
  );
  let sent = false;
  const outcome = await cli(['deploy'], {
    onOutput: (text, child) => {
      if (sent || !text.includes('Get the image')) return;
      sent = true;
      child.kill('SIGINT');
    },
  });
  assert.equal(outcome.exitCode, 130);
  assert.match(
    outcome.stderr,
    /see it: swarm deployments follow dpl_1\n.*end it: swarm deployments cancel dpl_1/,
  );
  assert.ok(!server.seen.some((one) => one.path.includes('cancel')));
});

test('deploy --dry-run says what would change and how', async () => {
  await writeManifest();
  server.on('POST /v1/deployments', {
    ...{ agent: 'desk', exists: true, image: 'unchanged' },
    changes: [{ path: 'spec.replicas', before: 1, after: 3, effect: 'live' }],
  });
  const outcome = await cli(['deploy', '--dry-run']);
  assert.equal(outcome.exitCode, 0);
  assert.match(outcome.stdout, /spec\.replicas +1 +3 +at once/);
  assert.match(server.seen[0]?.path ?? '', /dryRun=true/);
});

test('invoke: body and headers go through, the answer comes as it is', async () => {
  server.on('POST /agents/desk/ask', (seen, response) => {
    response
      .writeHead(200, { 'content-type': 'text/plain' })
      .end(`got ${seen.body} ${seen.headers['x-a']}`);
  });
  const byJson = await cli(['invoke', 'desk', 'ask', '--json', '{"q":1}', '-H', 'X-A: b']);
  assert.deepEqual([byJson.exitCode, byJson.stdout], [0, 'got {"q":1} b']);
  const byInput = await cli(['invoke', 'desk', '/ask', '-d', '@-'], { input: 'from stdin' });
  assert.equal(byInput.stdout, 'got from stdin undefined');
  const wrong = await cli(['invoke', 'desk', '/ask', '--json', '{q:1}']);
  assert.deepEqual([wrong.exitCode, wrong.stdout], [2, '']);
});

test('invoke --stream prints the data of each event', async () => {
  server.on('GET /agents/desk/', (_seen, response) => {
    response
      .writeHead(200, { 'content-type': 'text/event-stream' })
      .end('event: a\ndata: one\n\ndata: two\n\n');
  });
  assert.equal((await cli(['invoke', 'desk', '--stream'])).stdout, 'one\ntwo\n');
  const json = await cli(['invoke', 'desk', '--stream', '--output', 'json']);
  assert.deepEqual(JSON.parse(json.stdout.split('\n')[0] ?? ''), {
    id: '',
    event: 'a',
    data: 'one',
  });
});

test('invoke: an error of the gateway has its remedy; one of the agent its body', async () => {
  server.on('GET /agents/desk/', (_seen, response) =>
    sendProblem(response, { status: 503, code: 'no_replica', detail: 'nothing is healthy' }),
  );
  const refused = await cli(['invoke', 'desk']);
  assert.deepEqual([refused.exitCode, refused.stdout], [1, '']);
  assert.match(refused.stderr, /error: nothing is healthy\n {2}→ Do otherwise/);
  server.on('GET /agents/desk/x', (_seen, response) => sendJson(response, { no: 1 }, 422));
  const answered = await cli(['invoke', 'desk', '/x']);
  assert.deepEqual([answered.exitCode, answered.stdout], [1, '{"no":1}']);
});

test('invoke: an agent that answers as the gateway would does not drive the terminal', async () => {
  server.on('GET /agents/desk/', (_seen, response) =>
    sendProblem(response, {
      ...{ status: 503, code: 'no_replica' },
      detail: 'a\u001b]52;c;cm0=\u0007b\nc\u001b[2J\u009b31md\u202e',
    }),
  );
  const { exitCode, stderr } = await cli(['invoke', 'desk']);
  assert.equal(exitCode, 1);
  assert.match(stderr, /^error: ab\nc31md\n {2}→ Do otherwise/);
});

test('logs --stdout: lines with their replica; control characters of the agent are left out', async () => {
  const record = {
    machine: 'mch_1',
    replica: 0,
    revision: 2,
    seq: 1,
    time,
    stream: 'stdout',
    text: 'a\u001b[2Jb',
    partial: false,
  };
  server.on('GET /v1/agents/desk/logs', (_seen, response) => {
    response
      .writeHead(200, { 'content-type': 'application/x-ndjson' })
      .end(`${JSON.stringify(record)}\n\n`);
  });
  const text = await cli([
    'logs',
    'desk',
    '--stdout',
    '--tail',
    '5',
    '--since',
    '10m',
    '--replica',
    '0',
  ]);
  assert.equal(text.stdout, '0 | ab\n');
  assert.match(server.seen[0]?.path ?? '', /since=10m.*tail=5.*replica=0|tail=5/);
  const json = await cli(['logs', 'desk', '--stdout', '--output', 'json']);
  assert.deepEqual(JSON.parse(json.stdout), record);
});

test('a reader that goes away is no error', async () => {
  const line = JSON.stringify({
    machine: 'm',
    replica: 0,
    revision: 1,
    seq: 1,
    time,
    stream: 'stdout',
    text: 'x'.repeat(1000),
    partial: false,
  });
  server.on('GET /v1/agents/desk/logs', (_seen, response) => {
    response.writeHead(200).end(`${line}\n`.repeat(2_000));
  });
  const outcome = await cli(['logs', 'desk', '--stdout'], {
    onOutput: (_text, child) => child.stdout?.destroy(),
  });
  assert.equal(outcome.stderr, '');
  assert.equal(outcome.exitCode, 0);
});

test('delete asks only on a terminal', async () => {
  server.on('GET /v1/agents/desk', agent);
  const outcome = await cli(['delete', 'desk']);
  assert.equal(outcome.exitCode, 2);
  assert.match(outcome.stderr, /→ Add -y/);
  assert.ok(!server.seen.some((one) => one.method === 'DELETE'));
});

test('delete names the secrets of the agent that remain', async () => {
  server.on('GET /v1/agents/desk', agent);
  server.on('DELETE /v1/agents/desk', { ...agent, state: 'deleting' });
  server.on('GET /v1/agents/desk/wait', { reached: true, agent: null });
  const secrets = [
    { name: 'SHARED_KEY', agent: null },
    { name: 'OWN_KEY', agent: 'desk' },
  ];
  server.on('GET /v1/secrets', { items: secrets });
  const outcome = await cli(['delete', 'desk', '-y']);
  assert.equal(outcome.exitCode, 0, outcome.stderr);
  assert.match(outcome.stderr, /OWN_KEY.*\n {2}→ swarm secrets delete OWN_KEY --agent desk/);
  assert.doesNotMatch(outcome.stderr, /SHARED_KEY/);
  assert.match(outcome.stderr, /desk is deleted/);
  server.on('GET /v1/secrets', (_seen, response) => response.writeHead(403).end());
  const detached = await cli(['delete', 'desk', '-y', '--detach']);
  assert.equal(detached.exitCode, 0, detached.stderr);
});

test('init writes an agent.yaml that deploy accepts, and never over another', async () => {
  const first = await cli(['init', '--name', 'desk', '--image', 'desk:1']);
  assert.equal(first.exitCode, 0, first.stderr);
  const again = await cli(['init']);
  assert.equal(again.exitCode, 1);
  assert.match(again.stderr, /is there already\n {2}→ Add --force/);
  server.on('POST /v1/deployments', {
    agent: 'desk',
    exists: false,
    image: 'changes',
    changes: [],
  });
  assert.equal((await cli(['deploy', '--dry-run'])).exitCode, 0);
});

test('up -d says at once that the data folder cannot be made, even where mkdir is odd', async () => {
  for (const home of ['/proc/swarm', '/proc/swarm/home', '/dev/null/home']) {
    const { exitCode, stderr } = await runCli(['up', '-d'], { env: { SWARM_HOME: home } });
    assert.equal(exitCode, 1, stderr);
    assert.ok(stderr.includes(`error: the data folder ${home} cannot be written`), stderr);
    assert.match(stderr, /because: E[A-Z]+.*→ Set SWARM_HOME/s);
  }
});

test('completion works in a real bash, agents included', async () => {
  server.on('GET /v1/agents', { items: [agent, { ...agent, name: 'crew' }], nextCursor: null });
  const launcher = join(folder, 'swarm');
  const program = join(import.meta.dirname, '../../src/main/cli.ts');
  await writeFile(launcher, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`, {
    mode: 0o755,
  });
  const complete = async (line: string) => {
    const words = line.split(' ');
    const script = `source <(swarm completion bash); COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _swarm; echo "\${COMPREPLY[*]}"`;
    const { execFile } = await import('node:child_process');
    const env = { ...process.env, ...server.env, PATH: `${folder}:${process.env.PATH}` };
    return new Promise<string>((resolve, reject) => {
      execFile('bash', ['-c', script], { env }, (error, stdout) =>
        error === null ? resolve(stdout.trim()) : reject(error),
      );
    });
  };
  assert.equal(await complete('swarm dep'), 'deploy deployments');
  assert.equal(await complete('swarm logs '), 'crew desk');
  assert.equal(await complete('swarm logs --stream s'), 'stderr stdout system');
  assert.equal(await complete('swarm logs --agent '), 'crew desk');
  assert.equal(await complete('swarm logs --status u'), 'unknown');
  assert.equal(await complete('swarm audit ho'), 'hold');
  assert.equal(await complete('swarm audit retention '), 'list remove set');
  assert.equal(await complete('swarm deploy --dr'), '--dry-run');
  assert.equal(await complete('swarm deploy --agent '), '');
  for (const shell of ['zsh', 'fish'])
    assert.match((await cli(['completion', shell])).stdout, /swarm completion words|words\[1\]/);
});

let shells: readonly string[] = [];
before(() => {
  const has = (name: string) => {
    try {
      execFileSync('sh', ['-c', `command -v ${name}`]);
      return true;
    } catch {
      return false;
    }
  };
  shells = ['bash', 'zsh', 'fish'].filter(has);
});

test('the completion scripts are syntax that their shells accept', async () => {
  for (const shell of shells) {
    const { stdout } = await cli(['completion', shell]);
    const path = join(folder, `completion.${shell}`);
    await writeFile(path, stdout);
    execFileSync(shell, ['-n', path]);
  }
});
