// The CLI's process: gives src/cli what it needs of the rest. Started by ../../swarm.
import { mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Code that is compiled once need not be compiled at every start. */
function keepCompiledCode(): void {
  try {
    const folder = join(root, '.swarm/compiled');
    mkdirSync(folder, { recursive: true });
    enableCompileCache(folder);
  } catch {
    // A checkout that cannot be written to works as well, a little slower.
  }
}
keepCompiledCode();

const { main } = await import('./cli-process.ts');
await main({ root, home: resolve(process.env.SWARM_HOME || join(homedir(), '.swarm')) });
