import { access, constants, readFile, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../../base/command.ts';
import { makeFolder, readTextIfThere } from '../../base/files.ts';
import { problemText } from '../../contracts/audit-problem-text.ts';
import { createClient, findConnection } from '../../contracts/client.ts';
import { type Check, type CheckContext, type Finding, programVersion } from './check.ts';

const GIB = 1024 ** 3;
/** A base image, a kernel and a few agents. */
const WANTED_BYTES = 5 * GIB;
const LEAST_BYTES = GIB;

export const hostChecks: readonly Check[] = [
  {
    name: 'node',
    needed: true,
    look: async () => ({ state: 'ok', version: process.versions.node, detail: process.execPath }),
  },
  { name: 'npm packages', needed: true, look: npmPackages },
  { name: 'debian packages', needed: true, look: debianPackages },
  { name: 'go', needed: true, look: go },
  { name: 'home', needed: true, look: home },
  { name: 'disk space', needed: true, look: diskSpace },
  { name: 'swarmd', needed: false, look: swarmd },
  { name: 'audit log', needed: false, look: auditLog },
];

interface Lockfile {
  readonly packages: Readonly<
    Record<string, { version?: string; dev?: boolean; optional?: boolean }>
  >;
}

async function npmPackages({ root }: CheckContext): Promise<Finding> {
  const read = async (path: string) =>
    JSON.parse((await readTextIfThere(join(root, path))) ?? '{"packages":{}}') as Lockfile;
  const wanted = Object.entries((await read('package-lock.json')).packages).filter(
    ([path, entry]) => path !== '' && !entry.dev && !entry.optional,
  );
  const installed = (await read('node_modules/.package-lock.json')).packages;
  const missing = wanted.filter(([path, { version }]) => installed[path]?.version !== version);
  const names = missing.map(([path]) => path.replace(/^.*node_modules\//, ''));
  if (names.length === 0)
    return { state: 'ok', detail: `${wanted.length} as in package-lock.json` };
  return {
    state: 'missing',
    detail: `not as in package-lock.json: ${names.slice(0, 5).join(', ')}`,
    remedy: `cd ${root} && npm ci --ignore-scripts`,
  };
}

interface PackageWish {
  readonly name: string;
  readonly why: string;
  /** Does as well, wherever it comes from. */
  readonly unlessProgram?: string;
}

async function debianPackages({ root }: CheckContext): Promise<Finding> {
  const text = await readFile(join(root, 'launcher/packages.json'), 'utf8');
  const { main } = JSON.parse(text) as { main: readonly PackageWish[] };
  const wanted = main.filter((one) => one.unlessProgram === undefined);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const format = '${Package} ${db:Status-Status}\\n';
  const query = ['-W', '-f', format, ...wanted.map(({ name }) => name)];
  const { stdout } = await run('dpkg-query', query, { timeoutMs: 30_000 });
  const lines = new Set(stdout.split('\n'));
  const missing = wanted.filter(({ name }) => !lines.has(`${name} installed`));
  if (missing.length === 0) return { state: 'ok', detail: `${wanted.length} installed` };
  const names = missing.map(({ name }) => name);
  return {
    state: 'missing',
    detail: missing.map(({ name, why }) => `${name} (${why})`).join(', '),
    remedy: `apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}`,
  };
}

async function go(): Promise<Finding> {
  const remedy = 'apt-get install -y --no-install-recommends golang-go';
  const version = await programVersion('go', ['version']).catch(() => undefined);
  if (version === undefined)
    return { state: 'missing', detail: 'it compiles guestd, once', remedy };
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 1 || minor >= 19) return { state: 'ok', version, detail: 'compiles guestd' };
  return { state: 'broken', version, detail: 'guestd needs 1.19 or newer', remedy };
}

async function home({ home: folder }: CheckContext): Promise<Finding> {
  await makeFolder(folder, { mode: 0o700 });
  await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  return { state: 'ok', detail: `${folder} can be written` };
}

async function diskSpace({ home: folder, configuration }: CheckContext): Promise<Finding> {
  const free = async (path: string): Promise<number> => {
    const info = await statfs(path).catch(() => undefined);
    return info === undefined ? free(dirname(path)) : info.bavail * info.bsize;
  };
  const bytes = Math.min(await free(folder), await free(configuration.cacheDir));
  const detail = `${(bytes / GIB).toFixed(1)} GiB free for ${folder}`;
  if (bytes >= WANTED_BYTES) return { state: 'ok', detail };
  const remedy = `free some space (${WANTED_BYTES / GIB} GiB are comfortable), or set SWARM_HOME to a larger disk`;
  return { state: bytes < LEAST_BYTES ? 'broken' : 'ok', detail, remedy };
}

async function swarmd({ home: folder, env }: CheckContext): Promise<Finding> {
  const remedy = 'swarm up -d';
  const connection = await findConnection({ home: folder, env }).catch(() => undefined);
  if (connection === undefined) return { state: 'missing', detail: 'not running', remedy };
  const client = createClient(connection);
  if (!(await client.isUp()))
    return { state: 'missing', detail: `nothing answers at ${connection.url}`, remedy };
  const { version, pid, driver, acceleration, network } = await client.system();
  const how = `${driver} (${acceleration}), network ${network}`;
  const { ready, parts } = await client.readiness();
  if (ready) return { state: 'ok', version, detail: `${connection.url}, pid ${pid}, ${how}` };
  const waiting = parts
    .filter((part) => !part.ready)
    .map(({ name, detail }) => `${name}: ${detail}`);
  return {
    state: 'broken',
    version,
    detail: `not ready: ${waiting.join('; ')}`,
    remedy: `see ${folder}/swarmd.log`,
  };
}

/** What swarmd itself found out about its log. */
async function auditLog({ home: folder, env }: CheckContext): Promise<Finding> {
  const connection = await findConnection({ home: folder, env }).catch(() => undefined);
  if (connection === undefined || !(await createClient(connection).isUp()))
    return { state: 'ok', detail: 'not looked at: swarmd does not run' };
  const { available, reason, verification } = await createClient(connection).auditStatus();
  const { last } = verification;
  if (last?.problem) {
    const remedy = 'keep a copy of the audit folder, then: swarm audit verify';
    return { state: 'broken', detail: problemText(last.problem), remedy };
  }
  if (!available) return { state: 'broken', detail: `cannot be written: ${reason}` };
  if (last === null) return { state: 'ok', detail: 'not verified yet' };
  return { state: 'ok', detail: `intact, ${last.entries} entries, verified ${last.time}` };
}
