/** swarm dashboard and swarm sessions, as processes, on a real swarmd. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import { type FakedSwarmd, startSwarmdWithFakes } from './swarmd-with-fakes.ts';

const LINK = /^(http:\/\/127\.0\.0\.1:\d+)\/dashboard\/#code=([0-9a-z]{32})\n$/;

let swarmd: FakedSwarmd;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarm-cli-dashboard-'));
  swarmd = await startSwarmdWithFakes();
});
after(async () => {
  await swarmd?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function signIn(link: string, client: string): Promise<{ id: string; status: number }> {
  const [, url, code] = LINK.exec(link) ?? [];
  const answer = await fetch(`${url}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': client },
    body: JSON.stringify({ code }),
  });
  return { ...((await answer.json()) as { id: string }), status: answer.status };
}

test('without a desktop: prints a link that signs in once', async () => {
  const outcome = await swarmd.cli(['dashboard']);
  assert.equal(outcome.exitCode, 0, outcome.stderr);
  assert.match(outcome.stderr, /Open this link in a browser\. It signs in once, until /);
  assert.equal((await signIn(outcome.stdout, 'first')).status, 201);
  assert.equal((await signIn(outcome.stdout, 'second')).status, 401);
});

test('with a desktop: gives the browser a file that only its owner reads', async () => {
  const opened = join(folder, 'opened');
  const program = join(folder, 'xdg-open');
  await writeFile(
    program,
    `#!/bin/sh\nprintf '%s\\n' "$@" > ${opened}.tmp && mv ${opened}.tmp ${opened}\n`,
  );
  await chmod(program, 0o755);
  const env = { PATH: `${folder}:${process.env.PATH}`, DISPLAY: ':99' };
  const outcome = await swarmd.cli(['dashboard'], { env });
  assert.match(outcome.stderr, /Opened in your browser/);
  const args = await waitUntil(() => readFile(opened, 'utf8').catch(() => undefined), {
    timeoutMs: 10_000,
  });
  const path = join(swarmd.home, 'dashboard.html');
  assert.equal(args, `${path}\n`);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.ok((await readFile(path, 'utf8')).includes(`url=${outcome.stdout.trim()}"`));

  await rm(opened);
  const quiet = await swarmd.cli(['dashboard', '--no-open', '--quiet'], { env });
  assert.match(quiet.stdout, LINK);
  assert.equal(quiet.stderr, '');
  const json = JSON.parse((await swarmd.cli(['dashboard', '--output', 'json'], { env })).stdout);
  assert.match(`${json.url}\n`, LINK);
  assert.ok(Date.parse(json.expiresAt) > Date.now());
  await assert.rejects(stat(opened), { code: 'ENOENT' });
});

test('swarm up prints the link', async () => {
  const outcome = await swarmd.cli(['up', '-d']);
  assert.equal(outcome.exitCode, 0, outcome.stderr);
  assert.match(outcome.stdout, /^http:\/\/127\.0\.0\.1:\d+\n$/);
  const link = /dashboard, for a minute: (\S+)\n/.exec(outcome.stderr)?.[1];
  assert.equal((await signIn(`${link}\n`, 'up')).status, 201);
  assert.match(outcome.stderr, /at any time: swarm dashboard/);
});

test('sessions are listed, with what a browser calls itself as text, and revoked', async () => {
  const { stdout } = await swarmd.cli(['dashboard', '--no-open']);
  const { id } = await signIn(stdout, 'Fire\tfox \u00e9 1.0');
  const listed = await swarmd.cli(['sessions']);
  const row = listed.stdout.split('\n').find((line) => line.includes(id)) ?? '';
  assert.match(row, /root .* 127\.0\.0\.1 +Fire fox/);
  const json = JSON.parse((await swarmd.cli(['sessions', 'list', '--output', 'json'])).stdout);
  assert.ok(json.some((one: { id: string }) => one.id === id));
  assert.ok(!JSON.stringify(json).includes('headerToken'));
  const revoked = await swarmd.cli(['sessions', 'revoke', id]);
  assert.match(revoked.stderr, /ended 1 session/);
  const again = await swarmd.cli(['sessions', 'revoke', id]);
  assert.equal(again.exitCode, 3);
  assert.match(again.stderr, /session_not_found|no session/);
  assert.equal((await swarmd.cli(['sessions', 'revoke'])).exitCode, 2);
  assert.equal((await swarmd.cli(['sessions', 'revoke', id, '--all'])).exitCode, 2);
  const all = await swarmd.cli(['sessions', 'revoke', '--all', '--output', 'json']);
  assert.ok(JSON.parse(all.stdout).ended.length >= 2);
  assert.match(
    (await swarmd.cli(['sessions'])).stderr,
    /Nobody is signed in .*\n.*swarm dashboard/,
  );
});

test('a session outlives swarmd’s restart', async () => {
  const { stdout } = await swarmd.cli(['dashboard', '--no-open']);
  const { id } = await signIn(stdout, 'kept');
  await swarmd.restart('SIGKILL');
  const { items } = await swarmd.client.sessions();
  assert.deepEqual(
    items.map((one) => one.id),
    [id],
  );
});
