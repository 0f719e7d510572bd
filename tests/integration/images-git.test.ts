import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../../src/base/wait.ts';
import type { Source } from '../../src/contracts/source.ts';
import { serveGit } from './fixtures/git-server.ts';
import {
  assertNothingLeft,
  execute,
  failsWith,
  missing,
  openForTest,
  openRootfs,
  recorder,
  temporaryFolder,
  writeFiles,
} from './images-fixture.ts';

const skip = missing;
const TOKEN = 'tok-en_1234567890';

/** Files that build without RUN, so that the tests are about Git. */
const DOCKERFILE = 'FROM scratch\nCOPY . /\nCMD ["/hello"]\n';

async function git(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute('git', ['-C', folder, ...args], {
    env: {
      ...process.env,
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@example.com',
      GIT_COMMITTER_NAME: 'A',
      GIT_COMMITTER_EMAIL: 'a@example.com',
      GIT_ALLOW_PROTOCOL: 'file',
    },
  });
  return stdout.trim();
}

interface Repositories {
  /** Bare: agent.git and part.git, which agent's branch `nested` has as a submodule. */
  readonly folder: string;
  readonly firstCommit: string;
  readonly headCommit: string;
}

async function makeRepositories(
  t: TestContext,
  submoduleUrl = '../part.git',
): Promise<Repositories> {
  const folder = await realpath(await temporaryFolder(t));
  const work = join(folder, 'work');
  const part = join(folder, 'part');
  for (const path of [work, part]) {
    await mkdir(path);
    await git(path, 'init', '--quiet', '-b', 'main');
  }
  await writeFiles(part, { 'part.txt': 'part\n' });
  await git(part, 'add', '.');
  await git(part, 'commit', '-qm', 'part');
  await git(folder, 'clone', '-q', '--bare', part, 'part.git');
  await writeFiles(work, {
    Dockerfile: DOCKERFILE,
    hello: 'one\n',
    'apps/api/Dockerfile': DOCKERFILE,
    'apps/api/where': 'api\n',
  });
  await git(work, 'add', '.');
  await git(work, 'commit', '-qm', 'one');
  const firstCommit = await git(work, 'rev-parse', 'HEAD');
  await git(work, 'tag', '-a', 'v1', '-m', 'v1');
  await writeFiles(work, { hello: 'two\n' });
  await git(work, 'commit', '-qam', 'two');
  const headCommit = await git(work, 'rev-parse', 'HEAD');
  await git(folder, 'clone', '-q', '--bare', work, 'agent.git');
  await git(work, 'checkout', '-qb', 'nested');
  await git(
    work,
    '-c',
    'protocol.file.allow=always',
    'submodule',
    'add',
    '-q',
    join(folder, 'part.git'),
    'sub',
  );
  await git(work, 'config', '-f', '.gitmodules', 'submodule.sub.url', submoduleUrl);
  await git(work, 'commit', '-qam', 'nested');
  await git(work, 'push', '-q', join(folder, 'agent.git'), 'nested');
  return { folder, firstCommit, headCommit };
}

type GitSource = Extract<Source, { type: 'git' }>;

test('branch, tag, commit, path and submodules over HTTP', { skip }, async (t) => {
  const { folder, firstCommit, headCommit } = await makeRepositories(t);
  const base = await serveGit(t, folder);
  const opened = await openForTest(t);
  const url = `${base}/agent.git`;
  const files = async (extra: Partial<GitSource>) => {
    const { options } = recorder();
    const image = await opened.images.resolve({ type: 'git', url, ...extra }, options);
    const root = await openRootfs(t, image.rootfsPath);
    return { origin: image.origin, root, names: (await readdir(root)).sort() };
  };
  const read = (root: string, path: string) => readFile(join(root, path), 'utf8');
  const head = await files({});
  assert.equal(await read(head.root, 'hello'), 'two\n');
  assert.equal(head.origin, `git ${url} at ${headCommit.slice(0, 12)}`);
  assert.deepEqual(
    head.names.filter((name) => name.startsWith('.git')),
    [],
  );
  for (const ref of ['v1', firstCommit, firstCommit.slice(0, 10)])
    assert.equal(await read((await files({ ref })).root, 'hello'), 'one\n', ref);
  assert.equal(await read((await files({ ref: 'main' })).root, 'hello'), 'two\n');
  const inside = await files({ path: 'apps/api' });
  assert.equal(await read(inside.root, 'where'), 'api\n');
  assert.match(inside.origin, / in apps\/api$/);
  const nested = await files({ ref: 'nested' });
  assert.equal(await read(nested.root, 'sub/part.txt'), 'part\n');
  await assert.rejects(read(nested.root, 'sub/.git'), { code: 'ENOENT' });
  await assertNothingLeft(opened);
});

test('a private repository by a token, which shows nowhere', { skip }, async (t) => {
  const { folder } = await makeRepositories(t);
  const base = await serveGit(t, folder, TOKEN);
  const opened = await openForTest(t);
  const url = `${base}/agent.git`;
  const seen = new Set<string>();
  const watch = setInterval(async () => {
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      for (const file of ['cmdline', 'environ'])
        if ((await readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')).includes(TOKEN))
          seen.add(`${file} of ${await readFile(`/proc/${name}/comm`, 'utf8').catch(() => name)}`);
    }
  }, 20);
  t.after(() => clearInterval(watch));
  const { options, log } = recorder({ gitToken: TOKEN });
  const image = await opened.images.resolve({ type: 'git', url, ref: 'nested' }, options);
  clearInterval(watch);
  assert.deepEqual([...seen], []);
  assert.ok(!log.join('\n').includes(TOKEN));
  assert.ok(!JSON.stringify(image).includes(TOKEN));
  const stored = await execute('grep', ['-rl', TOKEN, opened.homeDir]).catch((error) => error);
  assert.equal(stored.stdout, '');

  const resolve = (gitToken?: string) =>
    opened.images.resolve(
      { type: 'git', url },
      recorder(gitToken === undefined ? {} : { gitToken }).options,
    );
  await assert.rejects(resolve(), failsWith('git_authentication_failed'));
  await assert.rejects(resolve('wrong-token-1'), (error: Error) => {
    failsWith('git_authentication_failed')(error);
    assert.ok(!JSON.stringify({ ...error, message: error.message }).includes('wrong-token-1'));
    return true;
  });
  await assertNothingLeft(opened);
});

test('a submodule on another host does not get the token', { skip }, async (t) => {
  const other = await makeRepositories(t);
  const otherBase = await serveGit(t, other.folder, TOKEN);
  const { folder } = await makeRepositories(t, `${otherBase}/part.git`);
  const base = await serveGit(t, folder, TOKEN);
  const { images } = await openForTest(t);
  const { options } = recorder({ gitToken: TOKEN });
  const source = { type: 'git', url: `${base}/agent.git`, ref: 'nested' } as const;
  await assert.rejects(images.resolve(source, options), failsWith('git_authentication_failed'));
});

test('file and SSH URLs', { skip }, async (t) => {
  const { folder } = await makeRepositories(t);
  const opened = await openForTest(t);
  const file = await opened.images.resolve(
    { type: 'git', url: `file://${folder}/agent.git` },
    recorder().options,
  );
  assert.deepEqual(file.config.cmd, ['/hello']);
  const ssh = await startSshd(t);
  if (typeof ssh === 'string') return t.skip(ssh);
  const environment = { ...process.env, GIT_SSH_COMMAND: ssh.command };
  const overSsh = await openForTest(t, { environment });
  const url = `ssh://root@127.0.0.1:${ssh.port}${folder}/agent.git`;
  const image = await overSsh.images.resolve({ type: 'git', url, ref: 'v1' }, recorder().options);
  assert.match(image.origin, new RegExp(`^git ssh://127\\.0\\.0\\.1:${ssh.port}/.* at `));
  const refused = await openForTest(t, {
    environment: {
      ...environment,
      GIT_SSH_COMMAND:
        `${ssh.command} -o IdentityFile=none -o IdentitiesOnly=yes -F /dev/null`.replace(
          /-i \S+/,
          '',
        ),
    },
  });
  await assert.rejects(
    refused.images.resolve({ type: 'git', url }, recorder().options),
    failsWith('git_authentication_failed'),
  );
});

/** A real SSH server on loopback with a key of its own, or why there is none. */
async function startSshd(t: TestContext): Promise<{ port: number; command: string } | string> {
  const sshd = await execute('sh', ['-c', 'command -v sshd || ls /usr/sbin/sshd']).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
  if (sshd === '') return 'openssh-server is not installed';
  const folder = await mkdtemp(join(tmpdir(), 'swarm-sshd-'));
  for (const name of ['host', 'client'])
    await execute('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  await mkdir('/run/sshd', { recursive: true });
  const probe = createTcpServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  probe.close();
  await writeFiles(folder, {
    config: `ListenAddress 127.0.0.1:${port}
HostKey ${folder}/host
AuthorizedKeysFile ${folder}/client.pub
PidFile none
StrictModes no
PasswordAuthentication no
PermitRootLogin yes
UsePAM no
`,
  });
  const child = spawn(sshd, ['-D', '-e', '-f', join(folder, 'config')], { stdio: 'ignore' });
  t.after(async () => {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });
  const options = `-o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`;
  const command = `ssh -i ${folder}/client ${options}`;
  const works = () =>
    execute('sh', ['-c', `${command} -p ${port} root@127.0.0.1 true`]).then(
      () => true,
      () => false,
    );
  return (await waitUntil(works, { timeoutMs: 10_000, intervalMs: 200 }))
    ? { port, command }
    : 'the SSH server does not let root in here';
}

test('bad URLs, refs and paths', { skip }, async (t) => {
  const { folder } = await makeRepositories(t);
  const base = await serveGit(t, folder);
  const opened = await openForTest(t);
  const url = `${base}/agent.git`;
  const cases: readonly [Partial<GitSource>, string][] = [
    [{ ref: 'nosuch' }, 'git_ref_not_found'],
    [{ ref: 'f'.repeat(40) }, 'git_ref_not_found'],
    [{ ref: '--upload-pack=touch /tmp/x' }, 'git_ref_not_found'],
    [{ path: 'apps/nosuch' }, 'source_path_not_found'],
    [{ path: 'hello' }, 'source_path_not_found'],
    [{ url: `${base}/nosuch.git` }, 'git_repository_not_found'],
    [{ url: 'http://127.0.0.1:1/agent.git' }, 'git_unreachable'],
    [{ url: 'https://git.invalid/agent.git' }, 'git_unreachable'],
    [{ url: `file://${folder}/nosuch.git` }, 'git_repository_not_found'],
    [{ url: 'ext::sh -c touch% /tmp/x' }, 'git_url_invalid'],
    [{ url: 'https://user:secret@git.invalid/agent.git' }, 'git_url_invalid'],
  ];
  for (const [extra, code] of cases)
    await assert.rejects(
      opened.images.resolve({ type: 'git', url, ...extra }, recorder().options),
      failsWith(code),
      JSON.stringify(extra),
    );
  await assertNothingLeft(opened);
});
