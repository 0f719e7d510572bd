/**
 * The deploy benchmark, parts (a) to (g), on real machines, in a home and cache of its own.
 * Options: --repeats N (3), --machines N (20), --only cdabefg (letters of parts),
 * --cache FOLDER (kept and shared; by default a new one, so that (c) is cold).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError } from '../../src/base/errors.ts';
import { startSwarm } from '../../tests/e2e/swarm-cli.ts';
import type { BenchContext } from '../bench.ts';
import { compareOnMachine } from './gateway-on-machine.ts';
import { measureIdle, measureWithMachines } from './memory.ts';
import { AGENT, deleteAgent, type Stage } from './stage.ts';
import {
  makeBaseImage,
  timeBareCachedRestart,
  timeGitCold,
  timeOneLineChange,
} from './time-deploys.ts';

export async function run(context: BenchContext): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-deploy-'));
  const cache = context.option('cache') ?? join(folder, 'cache');
  context.say('starting swarmd; a new cache means that the kernel and guestd are made first');
  const swarm = await startSwarm({ SWARM_CACHE_DIR: cache });
  const repeats = count(context, { key: 'repeats', fallback: 3, max: 50 });
  try {
    await runParts({ context, swarm, folder, repeats });
  } finally {
    await swarm.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

async function runParts(stage: Stage): Promise<void> {
  const { context, swarm } = stage;
  const wanted = context.option('only') ?? 'abcdefg';
  /** One part that fails does not take the others with it. */
  async function part<T>(letters: string, work: () => Promise<T>): Promise<T | undefined> {
    if (![...letters].some((letter) => wanted.includes(letter))) return undefined;
    context.signal.throwIfAborted();
    context.say(`part ${letters}`);
    try {
      return await work();
    } catch (error) {
      context.signal.throwIfAborted();
      context.skip(`deploy.${letters}`, describeError(error).replaceAll(/\s+/g, ' ').slice(0, 400));
      return undefined;
    }
  }
  await part('g', () => measureIdle(stage));
  await part('c', async () => {
    await makeBaseImage(stage);
    await timeGitCold(stage);
  });
  const folder = await part('dabef', () => timeOneLineChange(stage));
  if (folder !== undefined) {
    await part('abe', () => timeBareCachedRestart(stage, folder));
    await part('f', () => compareOnMachine(stage));
    await deleteAgent(swarm, AGENT);
  }
  const machines = count(context, { key: 'machines', fallback: 20, max: 100 });
  await part('g', () => measureWithMachines(stage, machines));
}

function count(context: BenchContext, by: { key: string; fallback: number; max: number }): number {
  const text = context.option(by.key);
  if (text === undefined) return by.fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > by.max)
    throw new Error(`--${by.key} ${text}: give a whole number from 1 to ${by.max}`);
  return value;
}
