/** One agent from every kind of source: deployed, called, deleted, and nothing of it left. */
import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { serveGit } from '../integration/fixtures/git-server.ts';
import { registryMissing, startRegistry } from '../integration/fixtures/registry.ts';
import { execute, inStorage, writeFiles } from '../integration/images-fixture.ts';
import { makeEchoAgent, writeManifest } from './echo-agent.ts';
import { agentUntil, assertNothingLeft } from './nothing-left.ts';
import { CACHE_DIR, type CliOptions, processesOf, type Swarm, startSwarm } from './swarm-cli.ts';

const TOKEN = 'tok-en_e2e-0123456789';
const IMAGE = `localhost/swarm-test/sources:${process.pid}`;

let swarm: Swarm;
/** The echo agent with its Dockerfile, and as x.tar and layout. */
let folder: string;
/** swarmd's own REGISTRY_AUTH_FILE is in it. */
let place: string;

before(async () => {
  place = await mkdtemp(join(tmpdir(), 'swarm-sources-'));
  await writeFiles(place, { 'auth.json': '{}' });
  folder = await makeEchoAgent();
  swarm = await startSwarm({ REGISTRY_AUTH_FILE: join(place, 'auth.json') });
  await inStorage(
    `cd "$1"; buildah build --isolation chroot --layers=false --format docker -q -t "$2" . >/dev/null
     buildah push -q "$2" "docker-archive:x.tar:$2"; buildah push -q --format oci "$2" oci:layout:one`,
    [folder, IMAGE],
  );
});
after(async () => {
  if (swarm !== undefined) {
    await inStorage('buildah rmi "$1" >/dev/null', [IMAGE]).catch(() => undefined);
    await swarm.remove();
  }
  for (const made of [folder, place]) if (made) await rm(made, { recursive: true, force: true });
});

interface Life {
  readonly name: string;
  /** After `deploy`. */
  readonly args: readonly string[];
  readonly options?: CliOptions;
  /** What its answer to a call has to look like. */
  readonly answers: RegExp;
  /** While it runs. */
  readonly check?: () => Promise<void>;
}

/** Deploys, calls, checks, deletes. @returns all that was printed */
async function live({ name, args, options, answers, check }: Life): Promise<string> {
  const deployed = await swarm.ok(['deploy', ...args], options);
  const called = await swarm.ok(['invoke', name, '/hello', '--json', '{"a":1}']);
  assert.match(called.stdout, answers);
  await check?.();
  const seen = await everythingShown(name);
  await swarm.ok(['delete', name, '-y']);
  await assertNothingLeft(swarm);
  return [deployed, called].map(({ stdout, stderr }) => stdout + stderr).join('\n') + seen;
}

async function everythingShown(name: string): Promise<string> {
  const shown: string[] = [];
  for (const args of [
    ['status', name],
    ['logs', name, '--stdout'],
    ['revisions', name],
    ['deployments', 'list', name],
  ])
    shown.push((await swarm.ok([...args, '--output', 'json'])).stdout);
  return shown.join('\n');
}

async function manifestOf(name: string, spec: Record<string, unknown>): Promise<string[]> {
  return ['--agent', await writeManifest(folder, { name, spec: { build: undefined, ...spec } })];
}

async function assertRefused(args: readonly string[], ...said: RegExp[]): Promise<void> {
  const { exitCode, stdout, stderr } = await swarm.cli(['deploy', ...args]);
  assert.notEqual(exitCode, 0);
  for (const pattern of said) assert.match(stdout + stderr, pattern);
  assert.doesNotMatch(stdout + stderr, /^\s+at .*\.ts:\d+/m);
  await assertNothingLeft(swarm);
}

const ECHO = /"path":"\/hello".*"version":"1"/;

test('from an archive of docker save', async () => {
  const args = await manifestOf('archive', { image: 'docker-archive:./x.tar' });
  assert.match(await live({ name: 'archive', args, answers: ECHO }), /x\.tar/);
});

test('from an OCI layout', async () => {
  const args = await manifestOf('layout', { image: 'oci:./layout' });
  await live({ name: 'layout', args, answers: ECHO });
});

/** A bare repository whose tag v1 holds the echo agent in agents/echo; its branch has broken it. */
async function makeRepository(): Promise<string> {
  const work = join(place, 'work');
  const inside = join(work, 'agents', 'echo');
  await mkdir(inside, { recursive: true });
  for (const name of ['Dockerfile', 'echo-agent'])
    await copyFile(join(folder, name), join(inside, name));
  const person = ['-c', 'user.name=A', '-c', 'user.email=a@example.com'];
  const git = (...args: string[]) => execute('git', ['-C', work, ...person, ...args]);
  await git('init', '-q', '-b', 'main');
  await git('add', '.');
  await git('commit', '-qm', 'one');
  await git('tag', 'v1');
  await writeFile(join(inside, 'Dockerfile'), 'FROM scratch\nCOPY nothing /\n');
  await git('commit', '-qam', 'broken');
  await git('clone', '-q', '--bare', work, join(place, 'agent.git'));
  return place;
}

/** Files of the home, and of the cache since `since` was written, that hold the token. */
async function filesWithToken(since: string): Promise<string> {
  const script =
    'grep -rlF -e "$1" "$2"; find "$3" -newer "$4" -type f -exec grep -lF -e "$1" {} +; true';
  const { stdout } = await execute('sh', ['-c', script, 'sh', TOKEN, swarm.home, CACHE_DIR, since]);
  return stdout;
}

test('from a private Git repository, by tag and path; its token stands nowhere', async (t: TestContext) => {
  const url = `${await serveGit(t, await makeRepository(), TOKEN)}/agent.git`;
  const since = join(place, 'since');
  await writeFile(since, '');
  const control = join(swarm.home, 'control');
  await writeFile(control, `a line with ${TOKEN} in it`);
  assert.equal(await filesWithToken(since), `${control}\n`, 'it would be found');
  await rm(control);
  const args = await manifestOf('from-git', { git: { url, ref: 'v1', path: 'agents/echo' } });
  await assertRefused(args, /127\.0\.0\.1/, /SWARM_GIT_TOKEN|--git-token-file/);

  const check = async () => {
    for (const { pid } of processesOf(swarm.home)) {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      assert.ok(!environment.includes(TOKEN), `environment of ${pid}`);
    }
    assert.equal(await filesWithToken(since), '', 'while it runs');
  };
  const options = { env: { SWARM_GIT_TOKEN: TOKEN } };
  const byVariable = await live({ name: 'from-git', args, options, answers: ECHO, check });
  const tokenFile = join(place, 'token');
  await writeFile(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
  const byFile = await live({
    name: 'from-git',
    args: [...args, '--git-token-file', tokenFile],
    answers: ECHO,
  });
  assert.ok(!(byVariable + byFile).includes(TOKEN), 'in what was printed');

  const broken = await manifestOf('from-git', { git: { url, path: 'agents/echo' } });
  await assertRefused([...broken, '--git-token-file', tokenFile], /nothing/);
  assert.equal(await filesWithToken(since), '', 'afterwards');
});

test('from a registry with credentials', { skip: registryMissing }, async (t) => {
  const registry = await startRegistry(t);
  await inStorage('buildah push -q --tls-verify=false --authfile "$1" "$2" "docker://$3"', [
    registry.authFile,
    IMAGE,
    `${registry.address}/team/echo:1`,
  ]);
  const args = await manifestOf('pulled', { image: `${registry.address}/team/echo:1` });
  const credentials = join(place, 'auth.json');
  for (const wrong of [registry.wrongAuthFile, '/dev/null']) {
    await writeFile(credentials, (await readFile(wrong, 'utf8')) || '{}');
    await assertRefused(args, new RegExp(registry.address), /credentials/, /→.*login/);
  }
  await copyFile(registry.authFile, credentials);
  const said = await live({ name: 'pulled', args, answers: ECHO });
  assert.match(said, new RegExp(`image ${registry.address}/team/echo:1`));
  await writeFile(credentials, '{}');
});

test('from a folder with nothing but code', async () => {
  const project = join(place, 'Tiny Node');
  await mkdir(project);
  await writeFiles(project, {
    'package.json': '{ "private": true }',
    'server.js': `const { createServer } = require('node:http');
createServer((request, response) => response.end('tiny ' + request.url)).listen(process.env.PORT);
`,
  });
  await live({
    name: 'tiny-node',
    args: [project],
    options: { timeoutMs: 900_000 },
    answers: /^tiny \/hello/,
  });
});

const AGENT = `echo "$(id -un) in $(pwd), $*"
trap 'echo "stopped by USR1"; exit 0' USR1
trap 'echo "stopped by TERM"; exit 0' TERM
/echo-agent &
wait
`;
const DOCKERFILE = `FROM scratch
COPY etc /etc
COPY busybox /bin/sh
COPY echo-agent agent.sh /
COPY --chown=77:78 work /work
ENV VERSION=1 GREETING="hello world"
EXPOSE 8080
USER worker
WORKDIR /work
STOPSIGNAL SIGUSR1
HEALTHCHECK --interval=1s --retries=2 --start-period=60s CMD test -f healthy && wget -qO - localhost:8080/healthz && echo "$(id -un) in $(pwd)" > seen
ENTRYPOINT ["/bin/sh", "/agent.sh"]
CMD ["one", "two words"]
`;

test('what an image says about itself is so inside', async () => {
  const rich = join(place, 'rich');
  await writeFiles(rich, {
    'agent.sh': AGENT,
    Dockerfile: DOCKERFILE,
    'etc/passwd': 'root:x:0:0::/:/bin/sh\nworker:x:77:78::/work:/bin/sh\n',
    'etc/hosts': '127.0.0.1 localhost\n',
    'etc/group': 'root:x:0:\nworker:x:78:\n',
    'work/healthy': '',
  });
  const { stdout } = await execute('sh', ['-c', 'command -v busybox']);
  await copyFile(stdout.trim(), join(rich, 'busybox'));
  await copyFile(join(folder, 'echo-agent'), join(rich, 'echo-agent'));
  const manifest = await writeManifest(rich, { name: 'rich', spec: { health: undefined } });

  const inside = async (command: string, ...options: string[]) =>
    (await swarm.ok(['exec', 'rich', ...options, '--', '/bin/sh', '-c', command])).stdout.trim();
  const check = async () => {
    assert.equal(
      await inside('echo "$(id -un) $(id -g) in $(pwd), $GREETING"'),
      'worker 78 in /work, hello world',
    );
    assert.equal(await inside('cat seen'), 'worker in /work', 'the health check is the image’s');
    assert.equal(
      await inside('echo "$(id -un) in $(pwd)"', '-u', 'root', '-w', '/bin'),
      'root in /bin',
    );
    const logs = (await swarm.ok(['logs', 'rich', '--stdout'])).stdout;
    assert.match(logs, /worker in \/work, one two words/);

    await inside('rm healthy');
    await agentUntil(swarm, 'rich', ({ replicas }) => {
      const [replica] = replicas.items;
      return replicas.healthy === 1 && (replica?.restarts ?? 0) > 0;
    });
    await swarm.ok(['restart', 'rich']);
    const ended = (await swarm.ok(['logs', 'rich', '--stdout'])).stdout;
    assert.match(ended, /stopped by USR1/);
    assert.doesNotMatch(ended, /stopped by TERM/);
  };
  await live({ name: 'rich', args: ['--agent', manifest], answers: ECHO, check });
});
