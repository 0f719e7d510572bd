/**
 * The program swarmd. Two settings of Node.js save a third of its idle memory, and one of them can
 * only be given at the start of a process: so this replaces itself, keeping its process id.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * MiB of each half of the young generation. Node.js lets it grow to 16 and does not give it back;
 * docs/benchmarks.md has the figures of memory, and of calls, which do not suffer.
 */
const FLAGS = ['--max-semi-space-size=4'];

const isSet = FLAGS.every((flag) => process.execArgv.includes(flag));
if (!isSet && process.execve !== undefined)
  process.execve(
    process.execPath,
    [process.execPath, ...process.execArgv, ...FLAGS, ...process.argv.slice(1)],
    {
      ...process.env,
      // Compiled once, the compiler of TypeScript need not be loaded.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? compiledDir(),
    },
  );
await import('./swarmd-process.ts');

/** As the launcher's. */
function compiledDir(): string {
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  return join(root, '.swarm', 'compiled');
}
