// The CLI's process: gives src/cli what it needs of the rest. Started by ../../swarm.
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from './cli-process.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
await main({ root, home: resolve(process.env.SWARM_HOME || join(homedir(), '.swarm')) });
